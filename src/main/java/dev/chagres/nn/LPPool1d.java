package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Rounding;
import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The {@code p}-norm of every window of sequences (n, c, length) or (c, length): the {@code p}-th
 * root of the sum of {@code p}-th powers, or with an infinite {@code p} the greatest size, or the
 * least.
 */
public final class LPPool1d extends Pooling {
  private final double normType;
  private final long kernel;
  private final @Nullable Long stride;
  private final Rounding rounding;

  /** Makes a layer with windows of one width, side by side. */
  public LPPool1d(double normType, long kernel) {
    this(normType, kernel, null, Rounding.FLOOR);
  }

  /**
   * Makes a layer.
   *
   * @param stride the distance of two windows, or null for the kernel
   * @throws IllegalArgumentException if the kernel or the stride is less than 1
   */
  public LPPool1d(double normType, long kernel, @Nullable Long stride, Rounding rounding) {
    Lines.atLeast("LPPool1d", "the kernel", 1, kernel);
    if (stride != null) {
      Lines.atLeast("LPPool1d", "the stride", 1, stride);
    }
    this.normType = normType;
    this.kernel = kernel;
    this.stride = stride;
    this.rounding = given("LPPool1d", "rounding", rounding);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.lpPool1d(x, normType, kernel, stride == null ? kernel : stride, rounding);
  }

  @Override
  protected String extraRepr() {
    return norms(normType, kernel, stride, rounding);
  }
}
