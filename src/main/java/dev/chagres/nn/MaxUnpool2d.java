package dev.chagres.nn;

import dev.chagres.core.Pair;

/**
 * The way back of {@link MaxPool2d} of images: 0 but for the greatest elements, which lie where
 * {@link Functional#maxPool2dWithIndices} said that they were.
 */
public final class MaxUnpool2d extends MaxUnpool {
  /** Makes a layer for windows that were side by side. */
  public MaxUnpool2d(long kernel) {
    this(Pair.of(kernel), Pair.of(kernel), Pair.of(0));
  }

  /**
   * Makes a layer for windows with these numbers.
   *
   * @throws IllegalArgumentException if kernel or stride are empty, or the padding is negative
   */
  public MaxUnpool2d(Pair kernel, Pair stride, Pair padding) {
    super(
        Tuples.of("MaxUnpool2d", "the kernel", kernel),
        Tuples.of("MaxUnpool2d", "the stride", stride),
        Tuples.of("MaxUnpool2d", "the padding", padding));
  }
}
