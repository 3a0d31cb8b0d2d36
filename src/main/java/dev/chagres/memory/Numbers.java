package dev.chagres.memory;

import java.util.Arrays;

/** A stack of block numbers. */
final class Numbers {
  private int[] items = new int[4];
  private int size;

  int size() {
    return size;
  }

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
}
