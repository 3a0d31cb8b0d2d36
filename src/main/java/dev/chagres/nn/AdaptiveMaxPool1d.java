package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * The greatest elements of so many windows, of nearly the same length, of sequences (n, c, length)
 * or (c, length).
 */
public final class AdaptiveMaxPool1d extends AdaptivePool {
  private final long outputSize;

  /**
   * Makes a layer whose results have this length.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public AdaptiveMaxPool1d(long outputSize) {
    super(outputSize);
    this.outputSize = outputSize;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.adaptiveMaxPool1d(x, outputSize);
  }
}
