package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The {@code p}-norm of every window of images (n, c, h, w) or (c, h, w): the {@code p}-th root of
 * the sum of {@code p}-th powers, or with an infinite {@code p} the greatest size, or the least.
 */
public final class LPPool2d extends Pooling {
  private final double normType;
  private final Pair kernel;
  private final @Nullable Pair stride;
  private final Rounding rounding;

  /** Makes a layer with windows of one width, side by side. */
  public LPPool2d(double normType, long kernel) {
    this(normType, Pair.of(kernel), null, Rounding.FLOOR);
  }

  /**
   * Makes a layer.
   *
   * @param stride the distance of two windows, or null for the kernel
   * @throws IllegalArgumentException if the kernel or the stride is less than 1
   */
  public LPPool2d(double normType, Pair kernel, @Nullable Pair stride, Rounding rounding) {
    Images.checkWindow("LPPool2d", "the kernel", kernel);
    if (stride != null) {
      Images.checkWindow("LPPool2d", "the stride", stride);
    }
    this.normType = normType;
    this.kernel = kernel;
    this.stride = stride;
    this.rounding = given("LPPool2d", "rounding", rounding);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.lpPool2d(x, normType, kernel, stride == null ? kernel : stride, rounding);
  }

  @Override
  protected String extraRepr() {
    return norms(normType, kernel.shortest(), stride == null ? null : stride.shortest(), rounding);
  }
}
