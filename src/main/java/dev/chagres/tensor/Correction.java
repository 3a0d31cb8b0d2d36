package dev.chagres.tensor;

/**
 * What is taken off the count of elements before a variance's sum of squares is divided by it:
 * PyTorch's {@code correction}. A type of its own, so that {@code x.var(KEEPDIM, 1)} can only mean
 * dimension 1.
 *
 * @param value the number
 */
public record Correction(double value) {
  /** The variance of all there is, divided by n: PyTorch's {@code unbiased=False}. */
  public static final Correction NONE = new Correction(0);

  /** The estimate from a sample, divided by n - 1: the default. */
  public static final Correction BESSEL = new Correction(1);

  /** Returns a correction. */
  public static Correction of(double value) {
    return new Correction(value);
  }
}
