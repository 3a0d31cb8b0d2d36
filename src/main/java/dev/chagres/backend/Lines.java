package dev.chagres.backend;

import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import org.jspecify.annotations.Nullable;

/**
 * An array as lines along one dimension: the axes before it joined to one, and those behind it.
 *
 * @param stride from an element of a line to the next; so in each of the three axes
 */
public record Lines(
    long outer, long n, long inner, long outerStride, long stride, long innerStride) {
  /** Returns the lines along a dimension, or null if its neighbours do not join. */
  public static @Nullable Lines of(Layout layout, int dim) {
    long[] outer = walk(layout, 0, dim);
    long[] inner = walk(layout, dim + 1, layout.dim());
    return outer == null || inner == null
        ? null
        : new Lines(outer[0], layout.size(dim), inner[0], outer[1], layout.stride(dim), inner[1]);
  }

  /** Returns those of a contiguous array. */
  public static Lines ofContiguous(Shape shape, int dim) {
    Lines lines = of(shape.contiguous(), dim);
    if (lines == null) {
      throw new AssertionError("contiguous axes do not join: " + shape);
    }
    return lines;
  }

  /** Size and stride of these axes as one, or null if they are not one walk. */
  private static long @Nullable [] walk(Layout layout, int from, int to) {
    long size = 1;
    long stride = 1;
    for (int axis = to - 1; axis >= from; axis--) {
      long own = layout.size(axis);
      if (own != 1) {
        if (size != 1 && layout.stride(axis) != stride * size) {
          return null;
        }
        stride = size == 1 ? layout.stride(axis) : stride;
        size *= own;
      }
    }
    return new long[] {size, stride};
  }

  /** Returns how many lines there are. */
  public long count() {
    return outer * inner;
  }

  /** Where the line at an outer and an inner place begins. */
  public long at(long outerPlace, long innerPlace) {
    return outerPlace * outerStride + innerPlace * innerStride;
  }

  /** These lines walked from their ends: their first element is {@link #last} elements further. */
  public Lines backwards() {
    return new Lines(outer, n, inner, outerStride, -stride, innerStride);
  }

  /** Returns how far the last element of a line is from its first. */
  public long last() {
    return (n - 1) * stride;
  }
}
