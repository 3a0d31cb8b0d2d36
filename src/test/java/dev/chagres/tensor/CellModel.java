package dev.chagres.tensor;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;

/** Memory, and which of its cells a tensor shows in which order. Values are small integers. */
record CellModel(double[] memory, long[] sizes, int... cells) {
  static CellModel fresh(long[] sizes, double... values) {
    int[] cells = new int[values.length];
    Arrays.setAll(cells, i -> i);
    return new CellModel(values, sizes, cells);
  }

  double[] values() {
    double[] values = new double[cells.length];
    Arrays.setAll(values, i -> memory[cells[i]]);
    return values;
  }

  int flat(long... index) {
    long flat = 0;
    for (int d = 0; d < sizes.length; d++) {
      flat = flat * sizes[d] + index[d];
    }
    return (int) flat;
  }

  CellModel view(long[] shape, UnaryOperator<long[]> from) {
    int[] seen = new int[numel(shape)];
    for (int i = 0; i < seen.length; i++) {
      seen[i] = cells[flat(from.apply(index(shape, i)))];
    }
    return new CellModel(memory, shape, seen);
  }

  CellModel map(DoubleUnaryOperator function) {
    return fresh(sizes, Arrays.stream(values()).map(function).toArray());
  }

  /** Whether two indices show one cell. */
  boolean repeats() {
    return Arrays.stream(cells).distinct().count() < cells.length;
  }

  void write(double... values) {
    for (int i = 0; i < cells.length; i++) {
      memory[cells[i]] = values[i];
    }
  }

  /** The same cells, repeated along dimensions of size 1 and new ones in front. */
  CellModel spread(long... sizes) {
    int added = sizes.length - this.sizes.length;
    return view(
        sizes,
        i -> {
          long[] own = new long[this.sizes.length];
          for (int d = 0; d < own.length; d++) {
            own[d] = this.sizes[d] == 1 ? 0 : i[added + d];
          }
          return own;
        });
  }

  static int numel(long... sizes) {
    return (int) Arrays.stream(sizes).reduce(1, (a, b) -> a * b);
  }

  static long[] index(long[] sizes, int flat) {
    long[] index = new long[sizes.length];
    long rest = flat;
    for (int d = sizes.length - 1; d >= 0; d--) {
      index[d] = rest % sizes[d];
      rest /= sizes[d];
    }
    return index;
  }

  static long[] swapped(long[] values, int a, int b) {
    long[] changed = values.clone();
    changed[a] = values[b];
    changed[b] = values[a];
    return changed;
  }

  static long[] with(long[] values, int at, long value) {
    long[] changed = values.clone();
    changed[at] = value;
    return changed;
  }

  static long[] insert(long[] values, int at, long value) {
    long[] more = new long[values.length + 1];
    System.arraycopy(values, 0, more, 0, at);
    more[at] = value;
    System.arraycopy(values, at, more, at + 1, values.length - at);
    return more;
  }

  static long[] removed(long[] values, int at) {
    long[] fewer = new long[values.length - 1];
    System.arraycopy(values, 0, fewer, 0, at);
    System.arraycopy(values, at + 1, fewer, at, fewer.length - at);
    return fewer;
  }
}
