/**
 * Who looks on while kernels run and memory is allocated: a profiler, Java's flight recorder, and
 * most of the time nobody. Not exported.
 *
 * <p>Imports backend and what that imports, autograd and check. The one idea: an observer gets a
 * backend of its own around the device's, so that what nobody observes runs as if this package were
 * not there.
 */
@NullMarked
package dev.chagres.observe;

import org.jspecify.annotations.NullMarked;
