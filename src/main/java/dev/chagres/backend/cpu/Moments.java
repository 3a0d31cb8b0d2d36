package dev.chagres.backend.cpu;

import dev.chagres.backend.Lines;
import dev.chagres.backend.Operands;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import java.lang.foreign.MemorySegment;

/**
 * Means and sums of squared distances from them. The kernel takes the middle of three axes; a long
 * one is cut into parts, by its length only, whose moments are joined. What is not three axes is
 * copied into that order first.
 */
final class Moments {
  /** Elements of which one part of a long axis consists. */
  private static final long CHUNK = 1 << 16;

  /** Elements that are worth another thread. */
  private static final long GRAIN = 1 << 15;

  private final WorkerTeam team;
  private final Elementwise elementwise;

  Moments(WorkerTeam team, Elementwise elementwise) {
    this.team = team;
    this.elementwise = elementwise;
  }

  void moments(Strided x, Strided mean, Strided squares) {
    if (mean.numel() == 0) {
      return;
    }
    if (Operands.isHalf(x.dtype())) {
      Strided wide = x.like(x.shape(), DType.FLOAT32);
      try {
        elementwise.copy(x, wide);
        moments(wide, mean, squares);
      } finally {
        wide.storage().free();
      }
      return;
    }
    Lines middle = Reductions.middle(x.layout(), mean.shape());
    if (middle != null) {
      middle(x.dtype(), x.pointer(), middle, mean.pointer(), squares.pointer());
      return;
    }
    Strided ordered = x.with(x.layout().permute(keptFirst(x, mean)));
    try (Scratch copy = elementwise.contiguous(ordered, x.dtype())) {
      long n = x.numel() / mean.numel();
      Lines rows = new Lines(mean.numel(), n, 1, n, 1, 1);
      middle(x.dtype(), copy.segment(), rows, mean.pointer(), squares.pointer());
    }
  }

  /** The axes that the result keeps, then those that are reduced. */
  private static int[] keptFirst(Strided x, Strided mean) {
    int rank = x.layout().dim();
    int[] order = new int[rank];
    int count = 0;
    for (int axis = 0; axis < rank; axis++) {
      if (mean.layout().size(axis) == x.layout().size(axis)) {
        order[count++] = axis;
      }
    }
    for (int axis = 0; axis < rank; axis++) {
      if (mean.layout().size(axis) != x.layout().size(axis)) {
        order[count++] = axis;
      }
    }
    return order;
  }

  private void middle(
      DType dtype, MemorySegment x, Lines m, MemorySegment mean, MemorySegment squares) {
    if (m.outer() == 1 && m.inner() <= CHUNK / 16 && m.n() * m.inner() >= 2 * CHUNK) {
      byParts(dtype, x, m, mean, squares);
    } else {
      LineParts.share(
          m,
          team,
          GRAIN,
          Reductions.COLUMNS,
          (part, outer, inner) -> {
            long at = (outer * m.inner() + inner) * Double.BYTES;
            MemorySegment start = x.asSlice(m.at(outer, inner) * dtype.size());
            call(dtype, start, part, mean.asSlice(at), squares.asSlice(at));
          });
    }
  }

  private static void call(
      DType dtype, MemorySegment x, Lines m, MemorySegment mean, MemorySegment squares) {
    Kernels.moments(
        dtype,
        m.outer(),
        m.n(),
        m.inner(),
        x,
        m.outerStride(),
        m.stride(),
        m.innerStride(),
        mean,
        squares);
  }

  private void byParts(
      DType dtype, MemorySegment x, Lines m, MemorySegment mean, MemorySegment squares) {
    long each = Math.max(1, CHUNK / m.inner());
    long parts = (m.n() + each - 1) / each;
    long last = m.n() - (parts - 1) * each;
    long bytes = m.inner() * Double.BYTES;
    try (Scratch between = Scratch.take(2 * parts * bytes)) {
      MemorySegment means = between.segment();
      MemorySegment around = means.asSlice(parts * bytes);
      team.run(
          parts,
          1,
          (from, to) -> {
            for (long i = from; i < to; i++) {
              MemorySegment start = x.asSlice(i * each * m.stride() * dtype.size());
              Lines part =
                  new Lines(
                      1, i == parts - 1 ? last : each, m.inner(), 0, m.stride(), m.innerStride());
              call(dtype, start, part, means.asSlice(i * bytes), around.asSlice(i * bytes));
            }
          });
      Kernels.joinMoments(1, parts, m.inner(), each, last, means, around, mean, squares);
    }
  }
}
