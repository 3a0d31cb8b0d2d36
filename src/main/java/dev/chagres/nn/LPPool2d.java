package dev.chagres.nn;

import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import org.jspecify.annotations.Nullable;

/**
 * The {@code p}-norm of every window of images (n, c, h, w) or (c, h, w): the {@code p}-th root of
 * the sum of {@code p}-th powers, or with an infinite {@code p} the greatest size, or the least.
 */
public final class LPPool2d extends LpPool {
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
    super(
        normType,
        Tuples.of("LPPool2d", "the kernel", kernel),
        stride == null ? null : Tuples.of(stride),
        rounding);
  }
}
