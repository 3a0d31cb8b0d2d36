package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Sliding;
import dev.chagres.tensor.Tensor;

/** What is composed for images (n, c, h, w) or (c, h, w). */
final class Images {
  private Images() {}

  /** The sum over windows is a convolution of each channel with ones. */
  static Tensor avgPool2d(Tensor x, Pair kernel, AvgPool2d.Options options) {
    if (x.dim() != 3 && x.dim() != 4) {
      throw new IllegalArgumentException(
          "avgPool2d: needs images (n, c, h, w) or (c, h, w), not " + x.shape());
    }
    if (!x.dtype().isFloating()) {
      throw new IllegalArgumentException("avgPool2d: not defined for " + x.dtype());
    }
    checkWindow("avgPool2d", "the kernel", kernel);
    Pair padding = options.padding();
    Sliding.requireAtMostHalf("avgPool2d", padding, kernel);
    if (kernel.height() - 2 * padding.height() > x.size(-2)
        || kernel.width() - 2 * padding.width() > x.size(-1)) {
      throw new IllegalArgumentException(
          "avgPool2d: the kernel " + kernel + " is larger than the padded images " + x.shape());
    }
    if (x.size(-3) == 0) {
      throw new IllegalArgumentException("avgPool2d: images " + x.shape() + " have no channels");
    }
    if (x.size(-3) > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "avgPool2d: images " + x.shape() + " have more than 2^31 - 1 channels");
    }
    int channels = (int) x.size(-3);
    Tensor ones =
        Tensor.ones(x.dtype(), channels, 1, kernel.height(), kernel.width()).to(x.device());
    var sliding = new Sliding(options.stride(), padding, Pair.of(1));
    Tensor sums = Primitives.of(x).conv2d(x, ones, null, sliding, channels);
    return sums.div(kernel.height() * kernel.width());
  }

  // ---- what layers check when they are made

  /** Checks that both numbers are at least 1. */
  static void checkWindow(String name, String what, Pair sizes) {
    given(name, what, sizes);
    if (sizes.height() < 1 || sizes.width() < 1) {
      throw new IllegalArgumentException(name + ": " + what + " " + sizes + " is less than 1");
    }
  }

  /** Checks that both numbers are at least 0. */
  static void checkPadding(String name, String what, Pair padding) {
    given(name, what, padding);
    if (padding.height() < 0 || padding.width() < 0) {
      throw new IllegalArgumentException(name + ": " + what + " " + padding + " is negative");
    }
  }
}
