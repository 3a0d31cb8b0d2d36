package dev.chagres.primitive;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;

/** How a kernel slides over the last two dimensions. */
public record Sliding(Pair stride, Pair padding, Pair dilation) {
  /**
   * Checks the numbers: strides and dilations are at least 1, padding at least 0, and none is
   * beyond 2^31 - 1, so that no position in an image overflows.
   *
   * @throws IllegalArgumentException if one is not
   */
  public Sliding {
    check("stride", stride, 1);
    check("padding", padding, 0);
    check("dilation", dilation, 1);
  }

  /**
   * Checks that a pooling's padding is at most half its kernel, rounded down, so that no window
   * lies outside the images.
   *
   * @throws IllegalArgumentException if it is not, as {@code maxPool2d: the padding (2, 2) is more
   *     than half the kernel (3, 3)}
   */
  public static void requireAtMostHalf(String name, Pair padding, Pair kernel) {
    given(name, "padding", padding);
    given(name, "kernel", kernel);
    if (padding.height() > kernel.height() / 2 || padding.width() > kernel.width() / 2) {
      throw new IllegalArgumentException(
          name + ": the padding " + padding + " is more than half the kernel " + kernel);
    }
  }

  private static void check(String name, Pair pair, long least) {
    if (given("Sliding", name, pair).height() < least
        || pair.width() < least
        || Math.max(pair.height(), pair.width()) > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          name + ": needs numbers from " + least + " to 2^31 - 1, not " + pair);
    }
  }
}
