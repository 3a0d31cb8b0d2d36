/**
 * The whole of the library in a few calls: seeds, threads, memory, and what it runs on.
 *
 * <p>Imports everything but the packages that are built on tensors. The one idea: settings that
 * hold for the process have one place.
 */
@NullMarked
package dev.chagres;

import org.jspecify.annotations.NullMarked;
