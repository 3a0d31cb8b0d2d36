/**
 * What every package checks of its arguments in the same words, and how it names a place in the
 * user's program. Not exported.
 *
 * <p>Imports nothing.
 */
@NullMarked
package dev.chagres.check;

import org.jspecify.annotations.NullMarked;
