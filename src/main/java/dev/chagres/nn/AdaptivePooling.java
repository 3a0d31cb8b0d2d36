package dev.chagres.nn;

import dev.chagres.core.Pair;
import dev.chagres.core.Triple;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Means of as many windows as are wanted, composed. */
final class AdaptivePooling {
  private AdaptivePooling() {}

  static void check(String name, long size) {
    if (size < 0 && size != AdaptiveAvgPool2d.SAME) {
      throw new IllegalArgumentException(name + ": the size " + size + " is negative");
    }
  }

  static void checkLength(String name, long size) {
    if (size < 0) {
      throw new IllegalArgumentException(name + ": the size " + size + " is negative");
    }
  }

  static Tensor two(Tensor x, Pair size) {
    String name = "adaptiveAvgPool2d";
    if (x.dim() != 3 && x.dim() != 4) {
      throw new IllegalArgumentException(
          name + ": needs images (n, c, h, w) or (c, h, w), not " + x.shape());
    }
    check(name, size.height());
    check(name, size.width());
    return Images.laid(x, means(name, x, size.height(), size.width()));
  }

  static Tensor three(Tensor x, Triple size) {
    String name = "adaptiveAvgPool3d";
    if (x.dim() != 4 && x.dim() != 5) {
      throw new IllegalArgumentException(
          name + ": needs volumes (n, c, d, h, w) or (c, d, h, w), not " + x.shape());
    }
    check(name, size.depth());
    check(name, size.height());
    check(name, size.width());
    return means(name, x, size.depth(), size.height(), size.width()).contiguous();
  }

  static Tensor one(Tensor x, long length) {
    String name = "adaptiveAvgPool1d";
    if (x.dim() != 2 && x.dim() != 3) {
      throw new IllegalArgumentException(
          name + ": needs sequences (n, c, length) or (c, length), not " + x.shape());
    }
    checkLength(name, length);
    Tensor y = means(name, x, length);
    return x.dim() == 2
        ? y.contiguous()
        : Images.laid(x.unsqueeze(-2), y.unsqueeze(-2)).squeeze(-2);
  }

  /** Takes means along the last dimensions; in float32 where x has 16 bits, rounded once. */
  private static Tensor means(String name, Tensor x, long... sizes) {
    checkInput(name, x, sizes.length);
    Tensor wide = Checks.widened(x);
    Tensor y = wide;
    if (sizes.length > 1 && Arrays.stream(sizes).allMatch(size -> size == 1)) {
      y = wide.mean(Keep.KEEPDIM, IntStream.range(-sizes.length, 0).toArray());
    } else {
      for (int i = 0; i < sizes.length; i++) {
        y = along(y, i - sizes.length, sizes[i]);
      }
    }
    return y == x ? x.clone() : y.to(x.dtype());
  }

  /** Checks that an input is floating, and that only its batch is empty, if anything. */
  static void checkInput(String name, Tensor x, int dims) {
    Checks.floating(name, x);
    for (int dim = -dims; dim < 0; dim++) {
      if (x.size(dim) == 0) {
        throw new IllegalArgumentException(
            name + ": an input " + x.shape() + " has nothing to take means of");
      }
    }
  }

  /** Window i of n goes from the last position up to i / n to the first from (i + 1) / n on. */
  static Tensor along(Tensor x, int dim, long count) {
    long size = x.size(dim);
    if (count == size || count == AdaptiveAvgPool2d.SAME) {
      return x;
    }
    if (count > 0 && size % count == 0) {
      int from = x.dim() + dim;
      return x.unflatten(from, count, size / count).mean(from + 1);
    }
    if (count == 0) {
      return x.narrow(dim, 0, 0);
    }
    Windows windows = Windows.of(x, size, count);
    Tensor outside = behind(windows.outside(), dim);
    Tensor lengths = behind(windows.lengths().to(x.dtype()), dim);
    int axis = x.dim() + dim;
    return x.indexSelect(dim, windows.places())
        .unflatten(axis, count, windows.longest())
        .maskedFill(outside, 0)
        .sum(axis + 1)
        .div(lengths);
  }

  /**
   * The windows along one dimension, as long as the longest of them.
   *
   * @param places where their elements are, one window after the other
   * @param outside which elements (windows, longest) are no longer in the window
   * @param lengths how long each is
   * @param longest how long the longest is
   */
  record Windows(Tensor places, Tensor outside, Tensor lengths, long longest) {
    static Windows of(Tensor x, long size, long count) {
      Tensor numbers = Tensor.arange(x.device(), count);
      Tensor starts = numbers.mul(size).floorDivide(count);
      Tensor ends = numbers.add(1).mul(size).add(count - 1).floorDivide(count);
      long longest = Math.min(size, Math.ceilDiv(size, count) + 1);
      Tensor places = starts.unsqueeze(1).add(Tensor.arange(x.device(), longest));
      return new Windows(
          places.clampMax(size - 1).flatten(),
          places.ge(ends.unsqueeze(1)),
          ends.sub(starts),
          longest);
    }
  }

  /** Lets what is about a dimension broadcast along those behind it. */
  private static Tensor behind(Tensor x, int dim) {
    Tensor y = x;
    for (int i = dim; i < -1; i++) {
      y = y.unsqueeze(-1);
    }
    return y;
  }
}
