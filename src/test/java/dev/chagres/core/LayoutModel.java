package dev.chagres.core;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a layout means, said without strides: a shape, and the position of every element in
 * row-major order of its index. The views are defined by where each index of the result comes from.
 */
record LayoutModel(long[] sizes, long[] positions) {

  /** Where an index of a view is found in what it is a view of. */
  interface Source {
    long[] of(long[] index);
  }

  static LayoutModel of(Layout layout) {
    long[] sizes = layout.shape().toArray();
    long[] positions = new long[Math.toIntExact(layout.numel())];
    long[] strides = layout.strides();
    for (int i = 0; i < positions.length; i++) {
      long[] index = index(sizes, i);
      long at = layout.offset();
      for (int d = 0; d < index.length; d++) {
        at += index[d] * strides[d];
      }
      positions[i] = at;
    }
    return new LayoutModel(sizes, positions);
  }

  /** The index of the {@code flat}-th element in row-major order. */
  static long[] index(long[] sizes, long flat) {
    long[] index = new long[sizes.length];
    long rest = flat;
    for (int d = sizes.length - 1; d >= 0; d--) {
      index[d] = rest % sizes[d];
      rest /= sizes[d];
    }
    return index;
  }

  static int numel(long... sizes) {
    long count = 1;
    for (long size : sizes) {
      count *= size;
    }
    return Math.toIntExact(count);
  }

  long at(long[] index) {
    long flat = 0;
    for (int d = 0; d < sizes.length; d++) {
      flat = flat * sizes[d] + index[d];
    }
    return positions[(int) flat];
  }

  /** The view of a shape whose index {@code i} shows {@code source.of(i)} of this one. */
  LayoutModel view(long[] shape, Source source) {
    long[] seen = new long[numel(shape)];
    for (int i = 0; i < seen.length; i++) {
      seen[i] = at(source.of(index(shape, i)));
    }
    return new LayoutModel(shape, seen);
  }

  boolean overlaps() {
    Set<Long> seen = new HashSet<>();
    for (long position : positions) {
      if (!seen.add(position)) {
        return true;
      }
    }
    return false;
  }

  /**
   * The strides under which a shape shows the same positions in the same order, found by reading
   * them off the positions and checking every element; null if there are none. Strides of
   * dimensions of size 1 are 0.
   */
  long @Nullable [] stridesFor(long... shape) {
    long[] strides = new long[shape.length];
    long step = positions.length;
    for (int d = 0; d < shape.length; d++) {
      step /= shape[d];
      strides[d] = shape[d] == 1 ? 0 : positions[(int) step] - positions[0];
    }
    for (int i = 0; i < positions.length; i++) {
      long[] index = index(shape, i);
      long at = positions[0];
      for (int d = 0; d < shape.length; d++) {
        at += index[d] * strides[d];
      }
      if (at != positions[i]) {
        return null;
      }
    }
    return strides;
  }

  boolean isRowMajor() {
    for (int i = 0; i < positions.length; i++) {
      if (positions[i] != positions[0] + i) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof LayoutModel model
        && Arrays.equals(model.sizes, sizes)
        && Arrays.equals(model.positions, positions);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(sizes) + Arrays.hashCode(positions);
  }

  @Override
  public String toString() {
    return Arrays.toString(sizes) + " at " + Arrays.toString(positions);
  }
}
