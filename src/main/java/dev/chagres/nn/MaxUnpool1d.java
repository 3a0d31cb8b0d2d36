package dev.chagres.nn;

/**
 * The way back of {@link MaxPool1d} of sequences: 0 but for the greatest elements, which lie where
 * {@link Functional#maxPool1dWithIndices} said that they were.
 */
public final class MaxUnpool1d extends MaxUnpool {
  /** Makes a layer for windows that were side by side. */
  public MaxUnpool1d(long kernel) {
    this(kernel, kernel, 0);
  }

  /**
   * Makes a layer for windows with these numbers.
   *
   * @throws IllegalArgumentException if kernel or stride are empty, or the padding is negative
   */
  public MaxUnpool1d(long kernel, long stride, long padding) {
    super(Tuples.of(kernel), Tuples.of(stride), Tuples.of(padding));
  }
}
