package dev.chagres.testing;

import dev.chagres.core.Layout;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What a layout means, said without strides: sizes, and the cell of memory of every element in
 * row-major order of its index. A view is defined by where each index of it comes from.
 */
public record PlainLayout(long[] sizes, int... cells) {

  /** Returns the layout of an array that lies by itself, in row-major order. */
  public static PlainLayout contiguous(long... sizes) {
    int[] cells = new int[Indices.numel(sizes)];
    Arrays.setAll(cells, i -> i);
    return new PlainLayout(sizes, cells);
  }

  /** Returns what a layout of the library means. */
  public static PlainLayout of(Layout layout) {
    long[] sizes = layout.shape().toArray();
    long[] strides = layout.strides();
    int[] cells = new int[Math.toIntExact(layout.numel())];
    Arrays.setAll(
        cells, i -> Math.toIntExact(layout.offset() + dot(Indices.of(i, sizes), strides)));
    return new PlainLayout(sizes, cells);
  }

  private static long dot(long[] index, long... strides) {
    long sum = 0;
    for (int d = 0; d < index.length; d++) {
      sum += index[d] * strides[d];
    }
    return sum;
  }

  int cell(long... index) {
    return cells[Indices.flat(sizes, index)];
  }

  /** Returns the view of a shape that shows, at each index, this array's element at another. */
  public PlainLayout view(long[] shape, UnaryOperator<long[]> source) {
    int[] seen = new int[Indices.numel(shape)];
    Arrays.setAll(seen, i -> cell(source.apply(Indices.of(i, shape))));
    return new PlainLayout(shape, seen);
  }

  /** Returns the view that repeats dimensions of size 1, and the whole along new ones in front. */
  public PlainLayout expand(long... shape) {
    return view(shape, i -> Indices.broadcast(sizes, i));
  }

  /** Returns the same cells in the same order under another shape. */
  public PlainLayout reshape(long... shape) {
    if (Indices.numel(shape) != cells.length) {
      throw new IllegalArgumentException(cells.length + " elements in " + Arrays.toString(shape));
    }
    return new PlainLayout(shape, cells);
  }

  /** Returns whether two indices show one cell. */
  public boolean repeats() {
    return Arrays.stream(cells).distinct().count() < cells.length;
  }

  /** Returns whether the elements lie one after the other. */
  public boolean isRowMajor() {
    for (int i = 0; i < cells.length; i++) {
      if (cells[i] != cells[0] + i) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns the strides under which a shape shows the same cells in the same order, read off the
   * cells and tried on every element; null if there are none. Strides of dimensions of size 1 are
   * 0, and there is at least one element.
   */
  public long @Nullable [] stridesFor(long... shape) {
    long[] strides = new long[shape.length];
    long step = cells.length;
    for (int d = 0; d < shape.length; d++) {
      step /= shape[d];
      strides[d] = shape[d] == 1 ? 0 : cells[(int) step] - cells[0];
    }
    for (int i = 0; i < cells.length; i++) {
      if (cells[0] + dot(Indices.of(i, shape), strides) != cells[i]) {
        return null;
      }
    }
    return strides;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PlainLayout layout
        && Arrays.equals(layout.sizes, sizes)
        && Arrays.equals(layout.cells, cells);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(sizes) + Arrays.hashCode(cells);
  }

  @Override
  public String toString() {
    return Arrays.toString(sizes) + " at " + Arrays.toString(cells);
  }
}
