package dev.chagres.backend.cpu;

import dev.chagres.backend.Strided;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * An array as lines along one dimension: the axes before it joined to one, and those behind it.
 *
 * @param stride from an element of a line to the next; so in each of the three axes
 */
record Lines(long outer, long n, long inner, long outerStride, long stride, long innerStride) {
  /** Returns the lines along a dimension, or null if its neighbours do not join. */
  static @Nullable Lines of(Layout layout, int dim) {
    long[] outer = walk(layout, 0, dim);
    long[] inner = walk(layout, dim + 1, layout.dim());
    return outer == null || inner == null
        ? null
        : new Lines(outer[0], layout.size(dim), inner[0], outer[1], layout.stride(dim), inner[1]);
  }

  /** Returns those of a contiguous array. */
  static Lines ofContiguous(Shape shape, int dim) {
    Lines lines = of(shape.contiguous(), dim);
    if (lines == null) {
      throw new AssertionError("contiguous axes do not join: " + shape);
    }
    return lines;
  }

  /** Size and stride of these axes as one, or null if they are not one walk. */
  private static long @Nullable [] walk(Layout layout, int from, int to) {
    long size = 1;
    long stride = 1;
    for (int axis = to - 1; axis >= from; axis--) {
      long own = layout.size(axis);
      if (own != 1) {
        if (size != 1 && layout.stride(axis) != stride * size) {
          return null;
        }
        stride = size == 1 ? layout.stride(axis) : stride;
        size *= own;
      }
    }
    return new long[] {size, stride};
  }

  long count() {
    return outer * inner;
  }

  /** What is done with some of the lines: those from an outer and an inner place on. */
  @FunctionalInterface
  interface Part {
    void run(Lines part, long outer, long inner);
  }

  /**
   * Shares the lines out: along the outer axis if it has any length, else along the inner one.
   *
   * @param grain elements that are worth another thread
   * @param columns neighbouring lines that a thread takes at least
   */
  void share(WorkerTeam team, long grain, long columns, Part body) {
    if (outer > 1) {
      team.run(
          outer,
          Math.max(1, grain / (n * inner)),
          (from, to) ->
              body.run(new Lines(to - from, n, inner, outerStride, stride, innerStride), from, 0));
    } else {
      team.run(
          inner,
          Math.max(columns, grain / n),
          (from, to) ->
              body.run(new Lines(1, n, to - from, outerStride, stride, innerStride), 0, from));
    }
  }

  /** Where the line at an outer and an inner place begins. */
  long at(long outerPlace, long innerPlace) {
    return outerPlace * outerStride + innerPlace * innerStride;
  }

  /** Writes what the kernels of order read. */
  void writeTo(MemorySegment target) {
    long[] all = {n, inner, outerStride, stride, innerStride};
    MemorySegment.copy(all, 0, target, ValueLayout.JAVA_LONG, 0, all.length);
  }

  /** These lines walked from their ends: their first element is {@link #last} elements further. */
  Lines backwards() {
    return new Lines(outer, n, inner, outerStride, -stride, innerStride);
  }

  long last() {
    return (n - 1) * stride;
  }

  /** Where an array lies, and as which lines. */
  record Placed(Lines lines, MemorySegment pointer, long elementSize) {
    static Placed of(Lines lines, Strided x) {
      return new Placed(lines, x.pointer(), x.dtype().size());
    }

    MemorySegment at(long outer, long inner) {
      return pointer.asSlice(lines.at(outer, inner) * elementSize);
    }

    Placed backwards() {
      return new Placed(
          lines.backwards(), pointer.asSlice(lines.last() * elementSize), elementSize);
    }
  }
}
