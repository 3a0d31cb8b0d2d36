package dev.chagres.nn;

import dev.chagres.core.Rounding;
import org.jspecify.annotations.Nullable;

/**
 * The {@code p}-norm of every window of sequences (n, c, length) or (c, length): the {@code p}-th
 * root of the sum of {@code p}-th powers, or with an infinite {@code p} the greatest size, or the
 * least.
 */
public final class LPPool1d extends LpPool {
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
    super(normType, Tuples.of(kernel), stride == null ? null : Tuples.of(stride), rounding);
  }
}
