/**
 * The whole of the library in a few calls: seeds, threads, memory, and what it runs on.
 *
 * <p>Imports everything but the packages that are built on tensors. The one idea: settings that
 * hold for the process have one place.
 *
 * <p>{@code import module dev.chagres;} brings every type. In a single-file program, which imports
 * {@code java.base} as well, four names stand for a type of each and need an import of their own:
 * {@link dev.chagres.nn.Module}, {@link dev.chagres.nn.Identity}, {@link
 * dev.chagres.tensor.Parameter} and {@link dev.chagres.tensor.Function}.
 */
@NullMarked
package dev.chagres;

import org.jspecify.annotations.NullMarked;
