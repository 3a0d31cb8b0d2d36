package dev.chagres.core;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The arithmetic of {@link Layout}: what follows from sizes and strides alone. */
final class Strides {
  private Strides() {}

  static long[] rowMajor(long[] sizes) {
    long[] strides = new long[sizes.length];
    long step = 1;
    for (int i = sizes.length - 1; i >= 0; i--) {
      strides[i] = step;
      step *= Math.max(1, sizes[i]);
    }
    return strides;
  }

  /** The strides of elements without gaps, whose dimensions lie in an order from the outermost. */
  static long[] dense(long[] sizes, int[] order) {
    long[] strides = new long[order.length];
    long step = 1;
    for (int i = order.length - 1; i >= 0; i--) {
      strides[order[i]] = step;
      step *= Math.max(1, sizes[order[i]]);
    }
    return strides;
  }

  static boolean areRowMajor(long[] sizes, long[] strides, long numel) {
    if (numel <= 1) {
      return true;
    }
    long step = 1;
    for (int i = sizes.length - 1; i >= 0; i--) {
      if (sizes[i] != 1) {
        if (strides[i] != step) {
          return false;
        }
        step *= sizes[i];
      }
    }
    return true;
  }

  /** Whether two different indices may name the same element. */
  static boolean mayOverlap(long[] sizes, long[] strides) {
    long[][] axes = new long[sizes.length][];
    int used = 0;
    for (int i = 0; i < sizes.length; i++) {
      if (sizes[i] > 1) {
        axes[used++] = new long[] {Math.abs(strides[i]), sizes[i]};
      }
    }
    Arrays.sort(axes, 0, used, (a, b) -> Long.compare(a[0], b[0]));
    long reach = 0;
    for (int i = 0; i < used; i++) {
      if (axes[i][0] <= reach) {
        return true;
      }
      reach += axes[i][0] * (axes[i][1] - 1);
    }
    return false;
  }

  /**
   * Returns the strides of the same elements, in the same order, under other sizes, or null if only
   * a copy can have them. There are at least two elements.
   *
   * <p>Matches runs of old dimensions, each without gaps in itself, with runs of new ones of the
   * same element count. The new dimensions of a run step from the innermost old stride of that run.
   * Dimensions of size 1 bind nothing.
   */
  static long @Nullable [] regrouped(long[] sizes, long[] strides, long[] to) {
    long[] steps = new long[to.length];
    int next = to.length - 1;
    int old = sizes.length - 1;
    long step = 1;
    while (true) {
      while (old >= 0 && sizes[old] == 1) {
        old--;
      }
      if (old < 0) {
        break;
      }
      step = strides[old];
      long count = 1;
      while (old >= 0 && (sizes[old] == 1 || strides[old] == count * step)) {
        count *= sizes[old--];
      }
      long filled = 1;
      while (filled < count && next >= 0) {
        steps[next] = filled * step;
        filled *= to[next--];
      }
      if (filled != count) {
        return null;
      }
    }
    while (next >= 0) {
      steps[next--] = step;
    }
    return steps;
  }
}
