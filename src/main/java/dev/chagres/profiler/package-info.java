/**
 * What the program spends its time and memory on: by operation, by kernel, and over time.
 *
 * <p>Imports observe, core and check. The one idea: nothing is noted, and nothing is slower, unless
 * a {@link dev.chagres.profiler.Profiler} runs.
 */
@NullMarked
package dev.chagres.profiler;

import org.jspecify.annotations.NullMarked;
