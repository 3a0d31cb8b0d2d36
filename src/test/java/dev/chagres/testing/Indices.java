package dev.chagres.testing;

import java.util.Arrays;
import java.util.function.Consumer;

/** Indices of arrays, and lists of sizes: counting them, and changing one place of them. */
public final class Indices {
  private Indices() {}

  /** Returns the number of indices that an array of these sizes has. */
  public static int numel(long... sizes) {
    long count = 1;
    for (long size : sizes) {
      count = Math.multiplyExact(count, size);
    }
    return Math.toIntExact(count);
  }

  /** Returns the index of the element that comes after so many others in row-major order. */
  public static long[] of(long flat, long... sizes) {
    long[] index = new long[sizes.length];
    long rest = flat;
    for (int d = sizes.length - 1; d >= 0; d--) {
      index[d] = rest % sizes[d];
      rest /= sizes[d];
    }
    return index;
  }

  /** Returns how many elements come before an index in row-major order. */
  public static int flat(long[] sizes, long... index) {
    if (!contains(sizes, index)) {
      throw new IndexOutOfBoundsException(Arrays.toString(index) + " in " + Arrays.toString(sizes));
    }
    long flat = 0;
    for (int d = 0; d < sizes.length; d++) {
      flat = flat * sizes[d] + index[d];
    }
    return (int) flat;
  }

  static boolean contains(long[] sizes, long... index) {
    if (index.length != sizes.length) {
      throw new IllegalArgumentException(
          Arrays.toString(index) + " is no index of " + Arrays.toString(sizes));
    }
    for (int d = 0; d < sizes.length; d++) {
      if (index[d] < 0 || index[d] >= sizes[d]) {
        return false;
      }
    }
    return true;
  }

  /** Calls with every index in row-major order. */
  public static void forEach(long[] sizes, Consumer<long[]> action) {
    int count = numel(sizes);
    for (int i = 0; i < count; i++) {
      action.accept(of(i, sizes));
    }
  }

  /** Returns the index whose element broadcasting shows at one with as many or more dimensions. */
  public static long[] broadcast(long[] sizes, long... index) {
    long[] own = new long[sizes.length];
    for (int d = 0; d < own.length; d++) {
      own[d] = sizes[d] == 1 ? 0 : index[index.length - sizes.length + d];
    }
    return own;
  }

  public static long[] with(long[] values, int at, long value) {
    long[] changed = values.clone();
    changed[at] = value;
    return changed;
  }

  public static long[] swapped(long[] values, int a, int b) {
    long[] changed = values.clone();
    changed[a] = values[b];
    changed[b] = values[a];
    return changed;
  }

  public static long[] inserted(long[] values, int at, long value) {
    long[] more = new long[values.length + 1];
    System.arraycopy(values, 0, more, 0, at);
    more[at] = value;
    System.arraycopy(values, at, more, at + 1, values.length - at);
    return more;
  }

  public static long[] removed(long[] values, int at) {
    long[] fewer = new long[values.length - 1];
    System.arraycopy(values, 0, fewer, 0, at);
    System.arraycopy(values, at + 1, fewer, at, fewer.length - at);
    return fewer;
  }
}
