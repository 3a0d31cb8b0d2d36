package dev.chagres.memory;

import java.util.Arrays;
import java.util.function.IntPredicate;

/** A stack of block numbers. */
final class Numbers {
  private int[] items = new int[16];
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  int pop() {
    return items[--size];
  }

  void push(int item) {
    if (size == items.length) {
      items = Arrays.copyOf(items, 2 * size);
    }
    items[size++] = item;
  }

  /** Keeps only what the test accepts, in order. */
  void retain(IntPredicate test) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (test.test(items[i])) {
        items[kept++] = items[i];
      }
    }
    size = kept;
  }
}
