package dev.chagres.nn;

import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;

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
    return Images.laid(x, means(name, x, 2, size.height(), size.width()));
  }

  static Tensor one(Tensor x, long length) {
    String name = "adaptiveAvgPool1d";
    if (x.dim() != 2 && x.dim() != 3) {
      throw new IllegalArgumentException(
          name + ": needs sequences (n, c, length) or (c, length), not " + x.shape());
    }
    checkLength(name, length);
    Tensor y = means(name, x, 1, AdaptiveAvgPool2d.SAME, length);
    return x.dim() == 2
        ? y.contiguous()
        : Images.laid(x.unsqueeze(-2), y.unsqueeze(-2)).squeeze(-2);
  }

  /** Takes means along the last dimensions; in float32 where x has 16 bits, rounded once. */
  private static Tensor means(String name, Tensor x, int dims, long rows, long columns) {
    if (!x.dtype().isFloating()) {
      throw new IllegalArgumentException(name + ": not defined for " + x.dtype());
    }
    for (int dim = -dims; dim < 0; dim++) {
      if (x.size(dim) == 0) {
        throw new IllegalArgumentException(
            name + ": an input " + x.shape() + " has nothing to take means of");
      }
    }
    Tensor wide = x.dtype().size() < Float.BYTES ? x.to(DType.FLOAT32) : x;
    Tensor y;
    if (dims == 2 && rows == 1 && columns == 1) {
      y = wide.mean(Keep.KEEPDIM, -2, -1);
    } else {
      y = along(dims == 2 ? along(wide, -2, rows) : wide, -1, columns);
    }
    return y == x ? x.clone() : y.to(x.dtype());
  }

  /** Window i of n goes from the last position up to i / n to the first from (i + 1) / n on. */
  private static Tensor along(Tensor x, int dim, long count) {
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
    Tensor numbers = Tensor.arange(x.device(), count);
    Tensor starts = numbers.mul(size).floorDivide(count);
    Tensor ends = numbers.add(1).mul(size).add(count - 1).floorDivide(count);
    long longest = Math.min(size, Math.ceilDiv(size, count) + 1);
    Tensor places = starts.unsqueeze(1).add(Tensor.arange(x.device(), longest));
    Tensor outside = behind(places.ge(ends.unsqueeze(1)), dim);
    Tensor lengths = behind(ends.sub(starts).to(x.dtype()), dim);
    int axis = x.dim() + dim;
    return x.indexSelect(dim, places.clampMax(size - 1).flatten())
        .unflatten(axis, count, longest)
        .maskedFill(outside, 0)
        .sum(axis + 1)
        .div(lengths);
  }

  /** Lets what is about a dimension broadcast along those behind it. */
  private static Tensor behind(Tensor x, int dim) {
    return dim == -1 ? x : x.unsqueeze(-1);
  }
}
