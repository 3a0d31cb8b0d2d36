package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.ChannelsLast;
import dev.chagres.core.Pair;
import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Sliding;
import dev.chagres.tensor.Tensor;
import java.util.List;

/** What is composed for images (n, c, h, w) or (c, h, w). */
final class Images {
  private Images() {}

  static Tensor avgPool2d(Tensor x, Pair kernel, AvgPool2d.Options options) {
    if (x.dim() != 3 && x.dim() != 4) {
      throw new IllegalArgumentException(
          "avgPool2d: needs images (n, c, h, w) or (c, h, w), not " + x.shape());
    }
    Checks.averaged("avgPool2d", x);
    checkWindow("avgPool2d", "the kernel", kernel);
    Pair padding = options.padding();
    Sliding.requireAtMostHalf("avgPool2d", padding, kernel);
    if (x.size(-3) == 0) {
      throw new IllegalArgumentException("avgPool2d: images " + x.shape() + " have no channels");
    }
    if (x.size(-3) > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "avgPool2d: images " + x.shape() + " have more than 2^31 - 1 channels");
    }
    var ends = new PoolingSide.Ends(options.rounding(), options.counting());
    Pair stride = options.stride();
    var height =
        new PoolingSide(x.size(-2), kernel.height(), stride.height(), padding.height(), ends);
    var width = new PoolingSide(x.size(-1), kernel.width(), stride.width(), padding.width(), ends);
    if (height.windows() < 1 || width.windows() < 1) {
      throw new IllegalArgumentException(
          "avgPool2d: the kernel " + kernel + " is larger than the padded images " + x.shape());
    }
    Tensor images = lengthened(Checks.widened(x), height.beyond(), width.beyond());
    Tensor sums = sums(images, kernel, options);
    Tensor means = PoolingSide.means(sums, options.divisor(), height, width);
    return like(x, means.to(x.dtype()));
  }

  /** Returns a result with its channels side by side where an operand's are, else as it is. */
  static Tensor like(Tensor x, Tensor y) {
    return ChannelsLast.is(x.layout()) ? channelsLast(y) : y;
  }

  /** Returns a result with its channels side by side where an operand's are, else row by row. */
  static Tensor laid(Tensor x, Tensor y) {
    return ChannelsLast.is(x.layout()) ? channelsLast(y) : y.contiguous();
  }

  /** The same images with their channels side by side. */
  private static Tensor channelsLast(Tensor x) {
    return ChannelsLast.is(x.layout()) ? x : x.movedim(1, -1).contiguous().movedim(-1, 1);
  }

  /** The sum over windows is a convolution of each channel with ones. */
  private static Tensor sums(Tensor x, Pair kernel, AvgPool2d.Options options) {
    int channels = (int) x.size(-3);
    Tensor ones = x.newOnes(channels, 1, kernel.height(), kernel.width());
    var sliding = new Sliding(options.stride(), options.padding(), Pair.of(1));
    return Primitives.of(x).conv2d(x, ones, null, sliding, channels);
  }

  /** Returns images with rows of zeros below and columns of zeros on the right. */
  static Tensor lengthened(Tensor x, long rows, long columns) {
    return withZeros(withZeros(x, -2, rows), -1, columns);
  }

  private static Tensor withZeros(Tensor x, int dim, long count) {
    if (count == 0) {
      return x;
    }
    long[] sizes = x.shape().toArray();
    sizes[sizes.length + dim] = count;
    return Tensor.cat(List.of(x, x.newZeros(sizes)), dim);
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
