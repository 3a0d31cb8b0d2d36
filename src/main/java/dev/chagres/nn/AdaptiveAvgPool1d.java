package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * The means of so many windows, of nearly the same length, of sequences (n, c, length) or (c,
 * length).
 */
public final class AdaptiveAvgPool1d extends AdaptivePool {
  private final long outputSize;

  /**
   * Makes a layer whose results have this length.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public AdaptiveAvgPool1d(long outputSize) {
    super(outputSize);
    this.outputSize = outputSize;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.adaptiveAvgPool1d(x, outputSize);
  }
}
