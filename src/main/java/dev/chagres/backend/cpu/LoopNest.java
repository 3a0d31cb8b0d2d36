package dev.chagres.backend.cpu;

import dev.chagres.backend.Scratch;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The loops over the elements of several operands of one shape, as few and as long as their strides
 * allow. Axes of size 1 are dropped, the others are put in the order in which the last operand lies
 * in memory (the innermost last), and neighbours that every operand walks as one are joined. There
 * is always at least one axis.
 */
final class LoopNest {
  private final int rank;
  private final long[] sizes;
  private final long[][] strides;
  private final boolean turned;

  private LoopNest(int rank, long[] sizes, long[][] strides) {
    this.rank = rank;
    this.sizes = sizes;
    this.strides = strides;
    this.turned = isTurned(rank, strides);
  }

  private static boolean isTurned(int rank, long[][] strides) {
    for (long[] steps : strides) {
      for (int axis = 0; axis < rank; axis++) {
        if (steps[axis] < 0) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * A call of a kernel on part of the operands: {@code dims} as {@code kernels.h} describes it,
   * pointers in the order of the operands.
   */
  @FunctionalInterface
  interface Body {
    void run(int rank, MemorySegment dims, MemorySegment[] pointers);
  }

  /**
   * Returns the loops for operands of one shape, which has elements.
   *
   * @throws IllegalArgumentException if the shapes differ
   */
  static LoopNest of(Layout... operands) {
    Shape shape = operands[0].shape();
    long[][] strides = new long[operands.length][];
    for (int i = 0; i < operands.length; i++) {
      if (!operands[i].shape().equals(shape)) {
        throw new IllegalArgumentException(
            "operands of one loop have shapes " + shape + " and " + operands[i].shape());
      }
      strides[i] = operands[i].strides();
    }
    return of(shape.toArray(), strides);
  }

  /**
   * Returns the loops for sizes of at least 1 and the strides of each operand. The arrays become
   * the nest's own.
   */
  static LoopNest of(long[] sizes, long[]... strides) {
    int rank = 0;
    for (int axis = 0; axis < sizes.length; axis++) {
      if (sizes[axis] != 1) {
        move(axis, rank++, sizes, strides);
      }
    }
    sort(rank, sizes, strides);
    rank = join(rank, sizes, strides);
    if (rank == 0) {
      long[][] steps = new long[strides.length][];
      Arrays.setAll(steps, i -> new long[] {1});
      return new LoopNest(1, new long[] {1}, steps);
    }
    return new LoopNest(rank, sizes, strides);
  }

  private static void move(int from, int to, long[] sizes, long[][] strides) {
    sizes[to] = sizes[from];
    for (long[] steps : strides) {
      steps[to] = steps[from];
    }
  }

  /**
   * Orders axes by the last operand's strides, then by those of the one before it, the largest
   * first; equal ones keep their order.
   */
  private static void sort(int rank, long[] sizes, long[][] strides) {
    for (int i = 1; i < rank; i++) {
      for (int j = i; j > 0 && isInside(strides, j - 1, j); j--) {
        swap(sizes, j - 1, j);
        for (long[] steps : strides) {
          swap(steps, j - 1, j);
        }
      }
    }
  }

  private static boolean isInside(long[][] strides, int outer, int inner) {
    for (int operand = strides.length - 1; operand >= 0; operand--) {
      long difference = strides[operand][outer] - strides[operand][inner];
      if (difference != 0) {
        return difference < 0;
      }
    }
    return false;
  }

  private static void swap(long[] array, int i, int j) {
    long held = array[i];
    array[i] = array[j];
    array[j] = held;
  }

  private static int join(int rank, long[] sizes, long[][] strides) {
    int last = 0;
    for (int axis = 1; axis < rank; axis++) {
      if (isOneWalk(strides, last, axis, sizes[axis])) {
        long size = sizes[last] * sizes[axis];
        move(axis, last, sizes, strides);
        sizes[last] = size;
      } else {
        move(axis, ++last, sizes, strides);
      }
    }
    return rank == 0 ? 0 : last + 1;
  }

  private static boolean isOneWalk(long[][] strides, int outer, int inner, long innerSize) {
    for (long[] steps : strides) {
      if (steps[outer] != steps[inner] * innerSize) {
        return false;
      }
    }
    return true;
  }

  int rank() {
    return rank;
  }

  long size(int axis) {
    return sizes[axis];
  }

  long stride(int operand, int axis) {
    return strides[operand][axis];
  }

  long numel() {
    long n = 1;
    for (int i = 0; i < rank; i++) {
      n *= sizes[i];
    }
    return n;
  }

  /** Returns the position of an operand's element by its number in the order of the loops. */
  long position(int operand, long element) {
    long rest = element;
    long position = 0;
    for (int axis = rank - 1; axis >= 0; axis--) {
      position += rest % sizes[axis] * strides[operand][axis];
      rest /= sizes[axis];
    }
    return position;
  }

  /**
   * Runs a kernel over all elements, in parts of about {@code grain} elements or more on several
   * threads.
   */
  void run(WorkerTeam team, long grain, DType[] types, MemorySegment[] pointers, Body body) {
    long n = numel();
    if (n < 2 * grain || team.threads() == 1) {
      run(types, pointers, body);
      return;
    }
    int axis = longest();
    team.run(
        sizes[axis],
        Math.max(1, grain / (n / sizes[axis])),
        (from, to) -> part(axis, from, to, types, pointers, body));
  }

  /** Runs a kernel over all elements by one call. */
  void run(DType[] types, MemorySegment[] pointers, Body body) {
    part(0, 0, sizes[0], types, pointers, body);
  }

  /** Returns how far behind the operand's lowest element in memory its first one is. */
  private long first(long[] steps) {
    long first = 0;
    for (int axis = 0; axis < rank; axis++) {
      first -= (sizes[axis] - 1) * Math.min(0, steps[axis]);
    }
    return first;
  }

  /** Returns the outermost axis if it is long enough to cut, otherwise the longest. */
  private int longest() {
    int best = 0;
    for (int axis = 0; axis < rank; axis++) {
      if (sizes[axis] >= 64) {
        return axis;
      }
      best = sizes[axis] > sizes[best] ? axis : best;
    }
    return best;
  }

  private void part(
      int axis, long from, long to, DType[] types, MemorySegment[] pointers, Body body) {
    MemorySegment[] starts = pointers;
    if (from > 0 || turned) {
      starts = new MemorySegment[pointers.length];
      for (int i = 0; i < starts.length; i++) {
        long start = first(strides[i]) + from * strides[i][axis];
        starts[i] = pointers[i].asSlice(start * types[i].size());
      }
    }
    try (Scratch scratch = Scratch.take((1L + strides.length) * rank * Long.BYTES)) {
      MemorySegment dims = scratch.segment();
      for (int i = 0; i < rank; i++) {
        dims.setAtIndex(ValueLayout.JAVA_LONG, i, i == axis ? to - from : sizes[i]);
      }
      int at = rank;
      for (long[] steps : strides) {
        for (int i = 0; i < rank; i++) {
          dims.setAtIndex(ValueLayout.JAVA_LONG, at++, steps[i]);
        }
      }
      body.run(rank, dims, starts);
    }
  }
}
