/**
 * What this library's own code may do with memory. Not exported: what the exported packages hand
 * out is guarded, and this is not. The doors are static methods of a class apart, as those of a
 * superclass would be inherited, and so within users' reach.
 */
@NullMarked
package dev.chagres.memory.raw;

import org.jspecify.annotations.NullMarked;
