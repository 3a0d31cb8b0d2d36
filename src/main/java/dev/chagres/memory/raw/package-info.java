/**
 * The memory itself, for this library's own code. Not exported: what the exported packages hand out
 * is guarded, and this is not.
 *
 * <p>Imports nothing.
 */
@NullMarked
package dev.chagres.memory.raw;

import org.jspecify.annotations.NullMarked;
