package dev.chagres.backend;

import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import java.util.Arrays;

/**
 * The axes that loops over several operands of one shape walk, as few and as long as their strides
 * allow. Axes of size 1 are dropped, the others are put in the order in which the last operand lies
 * in memory (the innermost last), and neighbours that every operand walks as one are joined. There
 * is always at least one axis.
 */
public final class Axes {
  private final int rank;
  private final long[] sizes;
  private final long[][] strides;

  private Axes(int rank, long[] sizes, long[][] strides) {
    this.rank = rank;
    this.sizes = sizes;
    this.strides = strides;
  }

  /**
   * Returns the axes for operands of one shape, which has elements.
   *
   * @throws IllegalArgumentException if the shapes differ
   */
  public static Axes of(Layout... operands) {
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
   * Returns the axes for sizes of at least 1 and the strides of each operand. The arrays become its
   * own.
   */
  public static Axes of(long[] sizes, long[]... strides) {
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
      return new Axes(1, new long[] {1}, steps);
    }
    return new Axes(rank, sizes, strides);
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

  /** Returns how many axes there are. */
  public int rank() {
    return rank;
  }

  /** Returns how long an axis is. */
  public long size(int axis) {
    return sizes[axis];
  }

  /** Returns how far one step along an axis is in an operand. */
  public long stride(int operand, int axis) {
    return strides[operand][axis];
  }

  /** Returns how many elements they span. */
  public long numel() {
    long n = 1;
    for (int i = 0; i < rank; i++) {
      n *= sizes[i];
    }
    return n;
  }

  /** Returns the position of an operand's element by its number in the order of the loops. */
  public long position(int operand, long element) {
    long rest = element;
    long position = 0;
    for (int axis = rank - 1; axis >= 0; axis--) {
      position += rest % sizes[axis] * strides[operand][axis];
      rest /= sizes[axis];
    }
    return position;
  }

  /** Returns how far behind the operand's lowest element in memory its first one is. */
  public long first(int operand) {
    long[] steps = strides[operand];
    long first = 0;
    for (int axis = 0; axis < rank; axis++) {
      first -= (sizes[axis] - 1) * Math.min(0, steps[axis]);
    }
    return first;
  }
}
