package dev.chagres.backend.cpu;

import dev.chagres.backend.Axes;
import dev.chagres.backend.Scratch;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The loops over the elements of several operands of one shape, on one thread or several. */
final class LoopNest {
  private static final int ANY = -1;

  /** Neighbouring elements that are shared out in whole lines of a cache: a piece is a quarter. */
  static final long COLUMNS = 64;

  private final Axes axes;
  private final boolean turned;

  private LoopNest(Axes axes, int operands) {
    this.axes = axes;
    this.turned = isTurned(axes, operands);
  }

  private static boolean isTurned(Axes axes, int operands) {
    for (int operand = 0; operand < operands; operand++) {
      if (axes.first(operand) != 0) {
        return true;
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
    return new LoopNest(Axes.of(operands), operands.length);
  }

  /**
   * Returns the loops for sizes of at least 1 and the strides of each operand. The arrays become
   * the nest's own.
   */
  static LoopNest of(long[] sizes, long[]... strides) {
    return new LoopNest(Axes.of(sizes, strides), strides.length);
  }

  /**
   * Runs a kernel over all elements, in parts of about {@code grain} elements or more on several
   * threads.
   */
  void run(WorkerTeam team, long grain, DType[] types, MemorySegment[] pointers, Body body) {
    long n = axes.numel();
    if (!team.shares(n, grain)) {
      run(types, pointers, body);
      return;
    }
    int axis = longest(ANY);
    team.run(
        axes.size(axis),
        Grain.positions(grain, n / axes.size(axis)),
        (from, to) -> part(axis, from, to, types, pointers, body));
  }

  /**
   * The same in parts that have no element of one operand in common, and few lines of a cache: they
   * are cut along an axis where it goes on, if there is one.
   */
  void runApart(
      WorkerTeam team,
      long grain,
      int operand,
      DType[] types,
      MemorySegment[] pointers,
      Body body) {
    long n = axes.numel();
    int axis = longest(operand);
    if (axis < 0 || !team.shares(n, grain)) {
      run(types, pointers, body);
      return;
    }
    long positions = Grain.positions(grain, n / axes.size(axis));
    team.run(
        axes.size(axis),
        Math.abs(axes.stride(operand, axis)) == 1 ? Math.max(COLUMNS, positions) : positions,
        (from, to) -> part(axis, from, to, types, pointers, body));
  }

  /** Runs a kernel over all elements by one call. */
  void run(DType[] types, MemorySegment[] pointers, Body body) {
    part(0, 0, axes.size(0), types, pointers, body);
  }

  /**
   * Returns the outermost axis if it is long enough to cut, otherwise the longest; among those
   * where an operand goes on, or all; without one it is -1.
   */
  private int longest(int operand) {
    int best = -1;
    for (int axis = 0; axis < axes.rank(); axis++) {
      if (operand >= 0 && axes.stride(operand, axis) == 0) {
        continue;
      }
      if (axes.size(axis) >= 64) {
        return axis;
      }
      best = best < 0 || axes.size(axis) > axes.size(best) ? axis : best;
    }
    return best;
  }

  private void part(
      int axis, long from, long to, DType[] types, MemorySegment[] pointers, Body body) {
    MemorySegment[] starts = pointers;
    int rank = axes.rank();
    int operands = pointers.length;
    if (from > 0 || turned) {
      starts = new MemorySegment[pointers.length];
      for (int i = 0; i < starts.length; i++) {
        long start = axes.first(i) + from * axes.stride(i, axis);
        starts[i] = pointers[i].asSlice(start * types[i].size());
      }
    }
    try (Scratch scratch = Scratch.take((1L + operands) * rank * Long.BYTES)) {
      MemorySegment dims = scratch.segment();
      for (int i = 0; i < rank; i++) {
        dims.setAtIndex(ValueLayout.JAVA_LONG, i, i == axis ? to - from : axes.size(i));
      }
      int at = rank;
      for (int operand = 0; operand < operands; operand++) {
        for (int i = 0; i < rank; i++) {
          dims.setAtIndex(ValueLayout.JAVA_LONG, at++, axes.stride(operand, i));
        }
      }
      body.run(rank, dims, starts);
    }
  }
}
