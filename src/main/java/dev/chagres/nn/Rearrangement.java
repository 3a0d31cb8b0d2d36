package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;

/** Pixels that become channels, channels that become pixels, and windows that become columns. */
final class Rearrangement {
  private static final long MOST = 65_535; // whose square of squares is a number of elements

  private Rearrangement() {}

  static Tensor pixelShuffle(Tensor x, long r) {
    check("pixelShuffle", x, r);
    long channels = x.size(-3);
    long square = Math.multiplyExact(r, r);
    if (channels % square != 0) {
      throw new IllegalArgumentException(
          "pixelShuffle: " + channels + " channels do not divide into squares of " + square);
    }
    Shape batch = x.shape().slice(0, x.dim() - 3);
    Shape parts = batch.concat(Shape.of(channels / square, r, r, x.size(-2), x.size(-1)));
    int c = batch.dim();
    Tensor spread =
        x.reshape(parts.toArray()).movedim(new int[] {c + 1, c + 2}, new int[] {c + 2, c + 4});
    Shape whole = batch.concat(Shape.of(channels / square, x.size(-2) * r, x.size(-1) * r));
    return Images.like(x, copy(spread).reshape(whole.toArray()));
  }

  static Tensor pixelUnshuffle(Tensor x, long r) {
    check("pixelUnshuffle", x, r);
    if (x.size(-2) % r != 0 || x.size(-1) % r != 0) {
      throw new IllegalArgumentException(
          "pixelUnshuffle: images " + x.shape() + " do not divide into squares of " + r);
    }
    Shape batch = x.shape().slice(0, x.dim() - 3);
    long height = x.size(-2) / r;
    long width = x.size(-1) / r;
    Shape parts = batch.concat(Shape.of(x.size(-3), height, r, width, r));
    int c = batch.dim();
    Tensor spread =
        x.reshape(parts.toArray()).movedim(new int[] {c + 2, c + 4}, new int[] {c + 1, c + 2});
    Shape whole = batch.concat(Shape.of(x.size(-3) * r * r, height, width));
    return Images.like(x, copy(spread).reshape(whole.toArray()));
  }

  /** A contiguous copy, also of what is contiguous already. */
  private static Tensor copy(Tensor x) {
    return x.isContiguous() ? x.clone() : x.contiguous();
  }

  private static void check(String name, Tensor x, long r) {
    if (given(name, "input", x).dim() < 3) {
      throw new IllegalArgumentException(name + ": needs images (…, c, h, w), not " + x.shape());
    }
    if (r < 1) {
      throw new IllegalArgumentException(name + ": the factor " + r + " is less than 1");
    }
    if (r > MOST) {
      throw new IllegalArgumentException(name + ": the factor " + r + " is more than " + MOST);
    }
  }

  static Tensor channelShuffle(Tensor x, long groups) {
    given("channelShuffle", "input", x);
    if (x.dim() < 3 || groups < 1 || x.size(1) % groups != 0) {
      throw new IllegalArgumentException(
          "channelShuffle: " + groups + " groups of the channels of (n, c, …) " + x.shape());
    }
    if (x.numel() == 0) {
      return x.clone();
    }
    Tensor y = x.unflatten(1, groups, x.size(1) / groups).transpose(1, 2);
    return Images.like(x, copy(y).flatten(1, 2));
  }

  // ---- windows

  static Tensor unfold(Tensor x, Pair kernel, Unfold.Options options) {
    given("unfold", "input", x);
    Windows windows = new Windows("unfold", kernel, options);
    if (x.dim() == 3) {
      return unfold(x.unsqueeze(0), kernel, options).squeeze(0);
    }
    if (x.dim() != 4 || x.size(1) == 0 || x.size(2) == 0 || x.size(3) == 0) {
      throw new IllegalArgumentException(
          "unfold: needs images (n, c, h, w) or (c, h, w), not " + x.shape());
    }
    Tensor places = windows.places(x, x.size(2), x.size(3));
    Pair padding = options.padding();
    Tensor padded =
        padding.is(0)
            ? x
            : Padding.constant(
                x,
                new long[] {padding.width(), padding.width(), padding.height(), padding.height()},
                0);
    long elements = kernel.height() * kernel.width();
    return padded
        .flatten(2)
        .indexSelect(2, places.flatten())
        .reshape(x.size(0), x.size(1) * elements, places.size(1));
  }

  static Tensor fold(Tensor x, Pair size, Pair kernel, Unfold.Options options) {
    given("fold", "input", x);
    given("fold", "outputSize", size);
    Windows windows = new Windows("fold", kernel, options);
    if (x.dim() == 2) {
      return fold(x.unsqueeze(0), size, kernel, options).squeeze(0);
    }
    long elements = Math.multiplyExact(kernel.height(), kernel.width());
    if (x.dim() != 3 || x.size(1) == 0 || x.size(1) % elements != 0) {
      throw new IllegalArgumentException(
          "fold: needs columns (n, c * "
              + elements
              + ", windows) or (c * "
              + elements
              + ", windows), not "
              + x.shape());
    }
    Images.checkWindow("fold", "the size", size);
    atMost("fold", size);
    Tensor places = windows.places(x, size.height(), size.width());
    if (places.size(1) != x.size(2)) {
      throw new IllegalArgumentException(
          "fold: images " + size + " have " + places.size(1) + " windows, not " + x.size(2));
    }
    Pair padding = options.padding();
    long height = size.height() + 2 * padding.height();
    long width = size.width() + 2 * padding.width();
    long channels = x.size(1) / elements;
    return x.newZeros(x.size(0), channels, height * width)
        .indexAdd(2, places.flatten(), x.reshape(x.size(0), channels, elements * x.size(2)))
        .unflatten(2, height, width)
        .narrow(2, padding.height(), size.height())
        .narrow(3, padding.width(), size.width())
        .contiguous();
  }

  private static void atMost(String name, Pair pair) {
    if (Math.max(pair.height(), pair.width()) > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(name + ": " + pair + " is more than 2^31 - 1");
    }
  }

  /** Where the elements of windows lie in padded images. */
  private record Windows(String name, Pair kernel, Unfold.Options options) {
    Windows {
      Images.checkWindow(name, "the kernel", kernel);
      given(name, "options", options);
      atMost(name, kernel);
      atMost(name, options.stride());
      atMost(name, options.padding());
      atMost(name, options.dilation());
    }

    /** Returns positions (elements of a window, windows). */
    Tensor places(Tensor x, long height, long width) {
      Pair stride = options.stride();
      Pair padding = options.padding();
      Pair dilation = options.dilation();
      long padded = Math.addExact(width, 2 * padding.width());
      Tensor rows =
          side(x, height, kernel.height(), stride.height(), padding.height(), dilation.height());
      Tensor columns =
          side(x, width, kernel.width(), stride.width(), padding.width(), dilation.width());
      Tensor all =
          rows.mul(padded).unsqueeze(1).unsqueeze(3).add(columns.unsqueeze(0).unsqueeze(2));
      return all.flatten(2).flatten(0, 1);
    }

    /** Returns positions (elements of a window, windows) along one side. */
    private Tensor side(
        Tensor x, long size, long kernel, long stride, long padding, long dilation) {
      long reach = Math.multiplyExact(dilation, kernel - 1) + 1;
      long count = Math.floorDiv(size + 2 * padding - reach, stride) + 1;
      if (count < 1) {
        throw new IllegalArgumentException(
            name + ": a window of " + reach + " is larger than " + size + " and its padding");
      }
      return Tensor.arange(x.device(), kernel)
          .mul(dilation)
          .unsqueeze(1)
          .add(Tensor.arange(x.device(), count).mul(stride));
    }
  }
}
