package dev.chagres.backend.cuda;

import dev.chagres.backend.Axes;

/**
 * The {@code struct LayoutOf} of {@code layout.cuh}: sizes and strides of up to eight axes of four
 * operands, or as many as there are if that is more. Where there are more axes, a kernel is
 * launched for each place in the outer ones.
 */
final class Layouts {
  static final int MOST_AXES = 8;
  static final int MOST_OPERANDS = 4;
  static final int WORDS = words(MOST_OPERANDS);

  /** What fits in the kernels' 32-bit arithmetic, with room for one step of a whole grid. */
  private static final long MOST_SHORT = 1L << 30;

  private Layouts() {}

  /** One launch: the struct, and where each operand begins, in elements from its lowest one. */
  @FunctionalInterface
  interface Task {
    void run(long[] struct, long... starts);
  }

  /**
   * Runs a task for all elements, once or for each place in the axes that a struct does not hold.
   */
  static void each(Axes axes, int operands, Task task) {
    int outer = Math.max(0, axes.rank() - MOST_AXES);
    long[] struct = struct(axes, outer, operands);
    long places = axes.numel() / struct[1];
    for (long place = 0; place < places; place++) {
      long[] starts = new long[operands];
      for (int i = 0; i < operands; i++) {
        starts[i] = axes.first(i) + axes.position(i, place * struct[1]);
      }
      task.run(struct, starts);
    }
  }

  /** Returns the struct of axes that it holds. */
  static long[] of(Axes axes, int operands) {
    if (axes.rank() > MOST_AXES) {
      throw new IllegalArgumentException("a kernel's layout has no " + axes.rank() + " axes");
    }
    return struct(axes, 0, operands);
  }

  private static int words(int operands) {
    return 2 + MOST_AXES * (operands + 2);
  }

  /** Returns where a struct's divisors begin, behind the strides. */
  private static int divisors(long[] struct) {
    return struct.length - MOST_AXES;
  }

  private static long[] struct(Axes axes, int outer, int operands) {
    long[] struct = new long[words(Math.max(MOST_OPERANDS, operands))];
    int rank = axes.rank() - outer;
    struct[0] = rank;
    struct[1] = 1;
    for (int i = 0; i < rank; i++) {
      struct[1] *= axes.size(outer + i);
      struct[2 + i] = axes.size(outer + i);
      struct[divisors(struct) + i] = divisor(axes.size(outer + i));
      for (int operand = 0; operand < operands; operand++) {
        struct[2 + MOST_AXES * (1 + operand) + i] = axes.stride(operand, outer + i);
      }
    }
    return struct;
  }

  /** Returns the struct of {@code n} elements of one operand, {@code stride} apart. */
  static long[] line(long n, long stride) {
    long[] struct = new long[WORDS];
    struct[0] = 1;
    struct[1] = n;
    struct[2] = Math.max(1, n);
    struct[divisors(struct)] = divisor(struct[2]);
    struct[2 + MOST_AXES] = stride;
    return struct;
  }

  /**
   * Returns what divides numbers below 2^31 by a size: with a factor f of 32 bits and a shift s
   * above them, {@code n / size = (n * f / 2^32 + n) >> s} (Granlund and Montgomery, 1994). 0 for
   * sizes that are too great for such indices.
   */
  static long divisor(long size) {
    if (size > MOST_SHORT) {
      return 0;
    }
    int shift = Long.SIZE - Long.numberOfLeadingZeros(size - 1);
    long factor = (((1L << shift) - size) << Integer.SIZE) / size + 1;
    return (long) shift << Integer.SIZE | factor & 0xFFFF_FFFFL;
  }

  /** Returns the type of index for a number of positions. */
  static String index(long positions) {
    return positions < MOST_SHORT ? "int" : "long long";
  }

  /** Returns the type of index that the kernels can compute these positions with. */
  static String index(long[]... structs) {
    for (long[] struct : structs) {
      if (struct[1] >= MOST_SHORT) {
        return "long long";
      }
    }
    for (int operand = 0; operand < structs[0].length / MOST_AXES - 2; operand++) {
      long span = 0;
      for (long[] struct : structs) {
        span += span(struct, operand);
      }
      if (span >= MOST_SHORT || span < 0) {
        return "long long";
      }
    }
    return "int";
  }

  private static long span(long[] struct, int operand) {
    long span = 0;
    for (int i = 0; i < struct[0]; i++) {
      span += (struct[2 + i] - 1) * Math.abs(struct[2 + MOST_AXES * (1 + operand) + i]);
    }
    return span;
  }
}
