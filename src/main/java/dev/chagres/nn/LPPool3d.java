package dev.chagres.nn;

import dev.chagres.core.Rounding;
import dev.chagres.core.Triple;
import org.jspecify.annotations.Nullable;

/**
 * The {@code p}-norm of every window of volumes (n, c, d, h, w) or (c, d, h, w): the {@code p}-th
 * root of the sum of {@code p}-th powers, or with an infinite {@code p} the greatest size, or the
 * least.
 */
public final class LPPool3d extends LpPool {
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
    super(
        normType,
        Tuples.of("LPPool3d", "the kernel", kernel),
        stride == null ? null : Tuples.of(stride),
        rounding);
  }
}
