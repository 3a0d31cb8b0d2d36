package dev.chagres.nn;

import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.core.Triple;
import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Sliding;
import dev.chagres.tensor.Located;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The greatest elements of as many windows as are wanted. They are found where windows of equal
 * size lie side by side, which takes a copy where they overlap; the values are read there.
 */
final class AdaptiveMaxima {
  private AdaptiveMaxima() {}

  static Located one(String name, Tensor x, long length) {
    if (x.dim() != 2 && x.dim() != 3) {
      throw new IllegalArgumentException(
          name + ": needs sequences (n, c, length) or (c, length), not " + x.shape());
    }
    AdaptivePooling.checkLength(name, length);
    AdaptivePooling.checkInput(name, x, 1);
    Tensor image = x.unsqueeze(-2);
    Located found = read(x, found(image.detach(), new Pair(1, length)), 1, length);
    return x.dim() == 2
        ? found
        : new Located(
            Images.laid(image, found.values().unsqueeze(-2)).squeeze(-2),
            Images.laid(image, found.indices().unsqueeze(-2)).squeeze(-2));
  }

  static Located two(String name, Tensor x, Pair size) {
    if (x.dim() != 3 && x.dim() != 4) {
      throw new IllegalArgumentException(
          name + ": needs images (n, c, h, w) or (c, h, w), not " + x.shape());
    }
    AdaptivePooling.check(name, size.height());
    AdaptivePooling.check(name, size.width());
    AdaptivePooling.checkInput(name, x, 2);
    Pair wanted = new Pair(wanted(x, -2, size.height()), wanted(x, -1, size.width()));
    Located found = read(x, found(x.detach(), wanted), 2, wanted.height(), wanted.width());
    return new Located(Images.laid(x, found.values()), Images.laid(x, found.indices()));
  }

  static Located three(String name, Tensor x, Triple size) {
    if (x.dim() != 4 && x.dim() != 5) {
      throw new IllegalArgumentException(
          name + ": needs volumes (n, c, d, h, w) or (c, d, h, w), not " + x.shape());
    }
    AdaptivePooling.check(name, size.depth());
    AdaptivePooling.check(name, size.height());
    AdaptivePooling.check(name, size.width());
    AdaptivePooling.checkInput(name, x, 3);
    long depth = wanted(x, -3, size.depth());
    Pair plane = new Pair(wanted(x, -2, size.height()), wanted(x, -1, size.width()));
    Tensor flat = x.detach().flatten(0, -4);
    Located inPlanes = found(flat, plane);
    Tensor values = inPlanes.values().flatten(2);
    Located along = found(values, new Pair(depth, plane.height() * plane.width()));
    Tensor positions =
        VolumePooling.joined(
            inPlanes.indices().flatten(1),
            along.indices().flatten(1),
            plane.height() * plane.width(),
            x.size(-2) * x.size(-1));
    return read(x, new Located(along.values(), positions), 3, depth, plane.height(), plane.width());
  }

  private static long wanted(Tensor x, int dim, long size) {
    return size == AdaptiveAvgPool2d.SAME ? x.size(dim) : size;
  }

  /** Reads what lies at positions in the last dimensions. */
  private static Located read(Tensor x, Located found, int dims, long... sizes) {
    long[] shape = x.shape().toArray();
    System.arraycopy(sizes, 0, shape, shape.length - dims, dims);
    Tensor flat = x.flatten(-dims, -1);
    long[] lines = flat.shape().toArray();
    lines[lines.length - 1] = Arrays.stream(sizes).reduce(1, Math::multiplyExact);
    Tensor places = found.indices().reshape(lines);
    return new Located(flat.gather(-1, places).reshape(shape), places.reshape(shape));
  }

  /** Returns the greatest elements in images (…, h, w) without gradients, and their positions. */
  private static Located found(Tensor x, Pair size) {
    if (size.height() == 0 || size.width() == 0) {
      long[] none = x.shape().toArray();
      none[none.length - 2] = size.height();
      none[none.length - 1] = size.width();
      return new Located(x.newZeros(none), Tensor.zeros(x.device(), DType.INT64, none));
    }

    var rows = Side.of(x, -2, size.height());
    var columns = Side.of(x, -1, size.width());
    Tensor spread = columns.spread(rows.spread(x, -2), -1);
    Pair kernel = new Pair(rows.window, columns.window);
    var greatest =
        Primitives.of(x)
            .maxPool2d(spread, kernel, new Sliding(kernel, Pair.of(0), Pair.of(1)), Rounding.FLOOR);
    Tensor row = greatest.positions().floorDivide(spread.size(-1));
    Tensor column = greatest.positions().remainder(spread.size(-1));
    Tensor positions = rows.place(row).mul(x.size(-1)).add(columns.place(column));
    return new Located(greatest.values(), positions);
  }

  /** Windows of one size, side by side along one dimension, as they are or as copies. */
  private record Side(long window, AdaptivePooling.@Nullable Windows windows) {
    static Side of(Tensor x, int dim, long count) {
      long size = x.size(dim);
      if (size % count == 0) {
        return new Side(size / count, null);
      }
      var windows = AdaptivePooling.Windows.of(x, size, count);
      return new Side(windows.longest(), windows);
    }

    Tensor spread(Tensor x, int dim) {
      if (windows == null) {
        return x;
      }
      Tensor outside = windows.outside().flatten();
      return x.indexSelect(dim, windows.places())
          .maskedFill(dim == -1 ? outside : outside.unsqueeze(-1), Double.NEGATIVE_INFINITY);
    }

    Tensor place(Tensor place) {
      return windows == null
          ? place
          : windows.places().indexSelect(0, place.flatten()).reshape(place.shape().toArray());
    }
  }
}
