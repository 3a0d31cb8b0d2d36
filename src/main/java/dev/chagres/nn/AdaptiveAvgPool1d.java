package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * The means of so many windows, of nearly the same length, of sequences (n, c, length) or (c,
 * length).
 */
public final class AdaptiveAvgPool1d extends Module {
  private final long outputSize;

  /**
   * Makes a layer whose results have this length.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public AdaptiveAvgPool1d(long outputSize) {
    this.outputSize = outputSize;
    AdaptivePooling.checkLength("AdaptiveAvgPool1d", outputSize);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.adaptiveAvgPool1d(x, outputSize);
  }

  @Override
  protected String extraRepr() {
    return "output_size=" + outputSize;
  }
}
