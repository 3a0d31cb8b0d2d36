package dev.chagres.backend.cpu;

import dev.chagres.backend.Lines;
import dev.chagres.backend.Strided;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Lines of elements, shared out over threads and handed to kernels. */
final class LineParts {
  private LineParts() {}

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
  static void share(Lines lines, WorkerTeam team, long grain, long columns, Part body) {
    if (lines.outer() > 1) {
      team.run(
          lines.outer(),
          Grain.positions(grain, lines.n() * lines.inner()),
          (from, to) -> body.run(part(lines, to - from, lines.inner()), from, 0));
    } else {
      team.run(
          lines.inner(),
          Math.max(columns, Grain.positions(grain, lines.n())),
          (from, to) -> body.run(part(lines, 1, to - from), 0, from));
    }
  }

  private static Lines part(Lines lines, long outer, long inner) {
    return new Lines(
        outer, lines.n(), inner, lines.outerStride(), lines.stride(), lines.innerStride());
  }

  /** Writes what the kernels of order read. */
  static void write(Lines lines, MemorySegment target) {
    long[] all = {
      lines.n(), lines.inner(), lines.outerStride(), lines.stride(), lines.innerStride()
    };
    MemorySegment.copy(all, 0, target, ValueLayout.JAVA_LONG, 0, all.length);
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
