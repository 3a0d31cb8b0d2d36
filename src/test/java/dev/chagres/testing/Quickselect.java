package dev.chagres.testing;

import java.util.Arrays;
import java.util.function.IntBinaryOperator;

/** Hoare's quickselect with the middle of three as the pivot, of positions, as PyTorch has it. */
public final class Quickselect {
  private final int[] order;
  private final IntBinaryOperator compare;

  private Quickselect(int n, IntBinaryOperator compare) {
    this.order = new int[n];
    Arrays.setAll(order, i -> i);
    this.compare = compare;
  }

  /** Returns which of n elements it takes for the k-th, from 0; a comparison is of two of them. */
  public static int chosen(int n, int k, IntBinaryOperator compare) {
    var select = new Quickselect(n, compare);
    select.run(k);
    return select.order[k];
  }

  /**
   * Returns numbers that quickselect takes quadratic time for, to find the k-th: which is less is
   * decided as late as it can be (McIlroy, "A killer adversary for quicksort").
   */
  public static double[] killer(int n, int k) {
    int[] values = new int[n];
    Arrays.fill(values, n);
    int[] next = {0, 0}; // the value to be given, and who is likely to be the pivot
    chosen(
        n,
        k,
        (a, b) -> {
          if (values[a] == n && values[b] == n) {
            values[a == next[1] ? a : b] = next[0]++;
          }
          next[1] = values[a] == n ? a : values[b] == n ? b : next[1];
          return Integer.compare(values[a], values[b]);
        });
    return Arrays.stream(values).asDoubleStream().toArray();
  }

  private void run(int k) {
    int l = 0;
    int r = order.length - 1;
    while (r > l + 1) {
      swap(l + (r - l) / 2, l + 1);
      swapIfMore(l + 1, r);
      swapIfMore(l, r);
      swapIfMore(l + 1, l);
      int i = l + 1;
      int j = r;
      int pivot = order[l];
      while (true) {
        do {
          i++;
        } while (isMore(pivot, order[i]));
        do {
          j--;
        } while (isMore(order[j], pivot));
        if (j < i) {
          break;
        }
        swap(i, j);
      }
      swap(l, j);
      int below = l;
      l = j <= k ? i : below;
      r = j >= k ? j - 1 : r;
    }
    if (r == l + 1) {
      swapIfMore(l, r);
    }
  }

  private boolean isMore(int a, int b) {
    return compare.applyAsInt(a, b) > 0;
  }

  private void swapIfMore(int i, int j) {
    if (isMore(order[i], order[j])) {
      swap(i, j);
    }
  }

  private void swap(int i, int j) {
    int kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }
}
