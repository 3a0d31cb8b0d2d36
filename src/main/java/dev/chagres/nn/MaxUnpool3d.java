package dev.chagres.nn;

import dev.chagres.core.Triple;

/**
 * The way back of {@link MaxPool3d} of volumes: 0 but for the greatest elements, which lie where
 * {@link Functional#maxPool3dWithIndices} said that they were.
 */
public final class MaxUnpool3d extends MaxUnpool {
  /** Makes a layer for windows that were side by side. */
  public MaxUnpool3d(long kernel) {
    this(Triple.of(kernel), Triple.of(kernel), Triple.of(0));
  }

  /**
   * Makes a layer for windows with these numbers.
   *
   * @throws IllegalArgumentException if kernel or stride are empty, or the padding is negative
   */
  public MaxUnpool3d(Triple kernel, Triple stride, Triple padding) {
    super(
        Tuples.of("MaxUnpool3d", "the kernel", kernel),
        Tuples.of("MaxUnpool3d", "the stride", stride),
        Tuples.of("MaxUnpool3d", "the padding", padding));
  }
}
