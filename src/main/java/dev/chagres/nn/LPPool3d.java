package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Rounding;
import dev.chagres.core.Triple;
import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The {@code p}-norm of every window of volumes (n, c, d, h, w) or (c, d, h, w): the {@code p}-th
 * root of the sum of {@code p}-th powers, or with an infinite {@code p} the greatest size, or the
 * least.
 */
public final class LPPool3d extends Pooling {
  private final double normType;
  private final Triple kernel;
  private final @Nullable Triple stride;
  private final Rounding rounding;

  /** Makes a layer with windows of one width, side by side. */
  public LPPool3d(double normType, long kernel) {
    this(normType, Triple.of(kernel), null, Rounding.FLOOR);
  }

  /**
   * Makes a layer.
   *
   * @param stride the distance of two windows, or null for the kernel
   * @throws IllegalArgumentException if the kernel or the stride is less than 1
   */
  public LPPool3d(double normType, Triple kernel, @Nullable Triple stride, Rounding rounding) {
    Volumes.checkWindow("LPPool3d", "the kernel", kernel);
    if (stride != null) {
      Volumes.checkWindow("LPPool3d", "the stride", stride);
    }
    this.normType = normType;
    this.kernel = kernel;
    this.stride = stride;
    this.rounding = given("LPPool3d", "rounding", rounding);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.lpPool3d(x, normType, kernel, stride == null ? kernel : stride, rounding);
  }

  @Override
  protected String extraRepr() {
    return norms(normType, kernel.shortest(), stride == null ? null : stride.shortest(), rounding);
  }
}
