package dev.chagres.backend.cpu;

import dev.chagres.backend.Lines;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.ReductionKernels;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.primitive.Halves;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reductions. A kernel reduces the middle of three axes; neighbouring axes of one kind are joined
 * to that, and what remains (the spatial and the batch axes of an image batch, say) is reduced one
 * run after the other through memory between. What is not dense in the order of its axes, such as a
 * transposed matrix, is walked in the order of memory. How a reduction is cut depends on shape and
 * strides only, so that its result does not depend on threads. Means, and sums of squared distances
 * from them, are reductions with two results: those of the parts of a long axis are joined, and
 * what is not three axes is copied into that order first.
 */
final class Reductions implements ReductionKernels {
  /** Elements of a long row that are reduced to one partial result. */
  private static final long CHUNK = 1 << 16;

  /** Neighbouring results that a thread takes at least: a cache line, or several, of each row. */
  private static final long COLUMNS = 64;

  /** Elements of moments that are worth another thread. */
  private static final long MOMENT_GRAIN = 1 << 15;

  private final WorkerTeam team;
  private final Elementwise elementwise;

  Reductions(WorkerTeam team, Elementwise elementwise) {
    this.team = team;
    this.elementwise = elementwise;
  }

  /** Axes of one kind, joined: kept in the result or reduced. */
  private record Run(boolean reduced, long size, long stride) {
    /** Returns this run and a further one inside it as one, or null if they are not one walk. */
    static @Nullable Run join(Run outer, Run inner) {
      return outer.stride == inner.stride * inner.size
          ? new Run(inner.reduced, outer.size * inner.size, inner.stride)
          : null;
    }
  }

  @Override
  public void reduce(ReduceOp op, Strided x, int dim, Strided y) {
    if (y.numel() == 0) {
      return;
    }
    DType dtype = x.dtype();
    if (Halves.isHalf(dtype)) {
      elementwise.inFloat32(new Strided[] {x, y}, wide -> reduce(op, wide[0], dim, wide[1]));
      return;
    }
    if (x.numel() == 0) {
      Kernels.reduce(op, dtype, 1, 0, y.numel(), x.pointer(), 0, 0, 1, y.pointer());
      return;
    }
    if (y.numel() == 1 && x.numel() > 1 && x.layout().isContiguous() && !isPosition(op)) {
      flat(op, dtype, x.numel(), x.pointer(), y.pointer());
      return;
    }
    if (!isPosition(op) && !isInMemoryOrder(x.layout())) {
      inMemoryOrder(op, x, y);
      return;
    }
    Run[] runs = runs(x.layout(), y.shape(), isPosition(op) ? dim : -1);
    if (countReduced(runs) == 0) {
      single(op, x, y);
      return;
    }
    reduce(op, x, dim, y, runs);
  }

  private void reduce(ReduceOp op, Strided x, int dim, Strided y, Run[] runs) {
    if (!reduce(op, x.dtype(), x.pointer(), runs, y.pointer())) {
      try (Scratch copy = elementwise.contiguous(x, x.dtype())) {
        Run[] ordered = runs(x.shape().contiguous(), y.shape(), isPosition(op) ? dim : -1);
        if (!reduce(op, x.dtype(), copy.segment(), ordered, y.pointer())) {
          throw new AssertionError("contiguous axes do not join: " + x.layout());
        }
      }
    }
  }

  /** Axes are walked from long strides to short ones, those of repeated elements first. */
  private static long step(Layout layout, int axis) {
    return layout.stride(axis) == 0 ? Long.MAX_VALUE : Math.abs(layout.stride(axis));
  }

  private static boolean isInMemoryOrder(Layout layout) {
    long before = Long.MAX_VALUE;
    for (int axis = 0; axis < layout.dim(); axis++) {
      if (layout.size(axis) != 1) {
        long step = step(layout, axis);
        if (step > before) {
          return false;
        }
        before = step;
      }
    }
    return true;
  }

  /** Reduces with the axes put in the order of memory, and puts the result's back. */
  private void inMemoryOrder(ReduceOp op, Strided x, Strided y) {
    int rank = x.layout().dim();
    int[] order = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      int at = axis;
      for (; at > 0 && step(x.layout(), order[at - 1]) < step(x.layout(), axis); at--) {
        order[at] = order[at - 1];
      }
      order[at] = axis;
    }
    Strided from = x.with(x.layout().permute(order));
    Strided to = y.with(y.layout().permute(order));
    Run[] runs = runs(from.layout(), to.shape(), -1);
    if (countReduced(runs) == 0) {
      single(op, x, y);
    } else if (to.layout().isContiguous()) {
      reduce(op, from, -1, to, runs);
    } else {
      Strided between = y.like(to.shape(), y.dtype());
      try {
        reduce(op, from, -1, between, runs);
        elementwise.copy(between, to);
      } finally {
        between.storage().free();
      }
    }
  }

  private static boolean isPosition(ReduceOp op) {
    return op == ReduceOp.ARGMAX || op == ReduceOp.ARGMIN;
  }

  /**
   * Each reduced axis has one element: the result is made of the elements themselves, or the
   * position 0 of each.
   */
  private void single(ReduceOp op, Strided x, Strided y) {
    switch (op) {
      case ARGMAX, ARGMIN -> y.pointer().asSlice(0, y.numel() * y.dtype().size()).fill((byte) 0);
      case SUM_SQUARES -> elementwise.unary(UnaryOp.SQUARE, x, y);
      case SUM_MAGNITUDES -> elementwise.unary(UnaryOp.ABS, x, y);
      default -> elementwise.copy(x, y);
    }
  }

  /**
   * Joins the axes of a layout to runs; {@code position} is the reduced axis, or -1 for those that
   * the result has with size 1.
   */
  private static Run[] runs(Layout layout, Shape result, int position) {
    Run[] runs = new Run[layout.dim()];
    int count = 0;
    for (int axis = 0; axis < layout.dim(); axis++) {
      if (layout.size(axis) == 1) {
        continue;
      }
      boolean reduced = position < 0 ? result.size(axis) == 1 : axis == position;
      Run run = new Run(reduced, layout.size(axis), layout.stride(axis));
      Run joined =
          count > 0 && runs[count - 1].reduced == reduced ? Run.join(runs[count - 1], run) : null;
      if (joined != null) {
        runs[count - 1] = joined;
      } else {
        runs[count++] = run;
      }
    }
    return Arrays.copyOf(runs, count);
  }

  /**
   * Returns the operand of one call for the axes that a result has with size 1, or null if there is
   * no single walk through them and on both of their sides.
   */
  private static @Nullable Lines middle(Layout layout, Shape result) {
    Run[] runs = runs(layout, result, -1);
    Lines middle = null;
    for (int i = 0; i < runs.length; i++) {
      if (runs[i].reduced) {
        Run outer = walk(runs, 0, i);
        Run inner = walk(runs, i + 1, runs.length);
        if (middle != null || outer == null || inner == null) {
          return null;
        }
        middle = middle(outer, runs[i], inner);
      }
    }
    Run all = middle == null ? walk(runs, 0, runs.length) : null;
    return all == null ? middle : middle(all, new Run(true, 1, 1), new Run(false, 1, 1));
  }

  /** Neighbours in memory grow side by side: rows of a transposed matrix are its columns. */
  private static Lines middle(Run outer, Run reduced, Run inner) {
    if (inner.size == 1
        && outer.size > 1
        && Math.abs(outer.stride) < Math.abs(reduced.stride)
        && outer.stride != 0) {
      return new Lines(1, reduced.size, outer.size, 0, reduced.stride, outer.stride);
    }
    return new Lines(
        outer.size, reduced.size, inner.size, outer.stride, reduced.stride, inner.stride);
  }

  private static int countReduced(Run[] runs) {
    int count = 0;
    for (Run run : runs) {
      count += run.reduced ? 1 : 0;
    }
    return count;
  }

  /**
   * Reduces one run after the other; returns false, having written nothing, if no run has a single
   * walk on both of its sides.
   */
  private boolean reduce(ReduceOp op, DType dtype, MemorySegment x, Run[] runs, MemorySegment y) {
    boolean last = countReduced(runs) == 1;
    for (int i = runs.length - 1; i >= 0; i--) {
      Run outer = runs[i].reduced ? walk(runs, 0, i) : null;
      Run inner = outer == null ? null : walk(runs, i + 1, runs.length);
      if (outer == null || inner == null) {
        continue;
      }
      Lines middle = middle(outer, runs[i], inner);
      if (last) {
        middle(op, dtype, x, middle, y);
        return true;
      }
      DType result = op.resultType(dtype);
      try (Scratch between = Scratch.take(outer.size * inner.size * result.size())) {
        middle(op, dtype, x, middle, between.segment());
        return reduce(op.joining(), result, between.segment(), contiguous(runs, i), y);
      }
    }
    return false;
  }

  /** Returns all runs from one to another as a single walk, or null if they are none. */
  private static @Nullable Run walk(Run[] runs, int from, int to) {
    Run walk = new Run(false, 1, 1);
    for (int i = from; i < to; i++) {
      Run joined = i == from ? runs[i] : Run.join(walk, runs[i]);
      if (joined == null) {
        return null;
      }
      walk = joined;
    }
    return walk;
  }

  /** Returns the runs without one of them, as they lie in memory without gaps. */
  private static Run[] contiguous(Run[] runs, int without) {
    Run[] rest = new Run[runs.length - 1];
    long stride = 1;
    int at = rest.length;
    for (int i = runs.length - 1; i >= 0; i--) {
      if (i != without) {
        rest[--at] = new Run(runs[i].reduced, runs[i].size, stride);
        stride *= runs[i].size;
      }
    }
    int count = 0;
    Run[] joined = new Run[rest.length];
    for (Run run : rest) {
      if (count > 0 && joined[count - 1].reduced == run.reduced) {
        joined[count - 1] = new Run(run.reduced, joined[count - 1].size * run.size, run.stride);
      } else {
        joined[count++] = run;
      }
    }
    return Arrays.copyOf(joined, count);
  }

  /** Reduces {@code n} contiguous elements to one. */
  void flat(ReduceOp op, DType dtype, long n, MemorySegment x, MemorySegment y) {
    middle(op, dtype, x, new Lines(1, n, 1, 0, 1, 1), y);
  }

  /**
   * Reduces the middle of three axes: long rows by partial results, much work on several threads.
   */
  private void middle(ReduceOp op, DType dtype, MemorySegment x, Lines m, MemorySegment y) {
    long work = m.outer() * m.n() * m.inner();
    DType result = op.resultType(dtype);
    if (m.outer() == 1 && work >= 2 * CHUNK && m.inner() <= CHUNK / 16 && !isPosition(op)) {
      byParts(op, dtype, x, m, y);
    } else if (!team.shares(work, Grain.MOVE)) {
      call(op, dtype, x, m, y);
    } else {
      LineParts.share(
          m,
          team,
          Grain.MOVE,
          COLUMNS,
          (part, outer, inner) -> {
            MemorySegment start = x.asSlice(m.at(outer, inner) * dtype.size());
            call(op, dtype, start, part, y.asSlice((outer * m.inner() + inner) * result.size()));
          });
    }
  }

  private static void call(ReduceOp op, DType dtype, MemorySegment x, Lines m, MemorySegment y) {
    Kernels.reduce(
        op, dtype, m.outer(), m.n(), m.inner(), x, m.outerStride(), m.stride(), m.innerStride(), y);
  }

  /** Reduces parts of the axis to a result each, then these. */
  private void byParts(ReduceOp op, DType dtype, MemorySegment x, Lines m, MemorySegment y) {
    long rows = Math.max(1, CHUNK / m.inner());
    long parts = (m.n() + rows - 1) / rows;
    DType result = op.resultType(dtype);
    long resultBytes = m.inner() * result.size();
    try (Scratch partial = Scratch.take(parts * resultBytes)) {
      MemorySegment results = partial.segment();
      team.run(
          parts,
          1,
          (from, to) -> {
            for (long part = from; part < to; part++) {
              Lines piece =
                  new Lines(
                      1,
                      Math.min(rows, m.n() - part * rows),
                      m.inner(),
                      0,
                      m.stride(),
                      m.innerStride());
              MemorySegment start = x.asSlice(part * rows * m.stride() * dtype.size());
              call(op, dtype, start, piece, results.asSlice(part * resultBytes));
            }
          });
      call(op.joining(), result, results, new Lines(1, parts, m.inner(), 0, m.inner(), 1), y);
    }
  }

  // ---- moments

  @Override
  public void moments(Strided x, Strided mean, Strided squares) {
    if (mean.numel() == 0) {
      return;
    }
    if (Halves.isHalf(x.dtype())) {
      Strided wide = x.like(x.shape(), DType.FLOAT32);
      try {
        elementwise.copy(x, wide);
        moments(wide, mean, squares);
      } finally {
        wide.storage().free();
      }
      return;
    }
    Lines middle = middle(x.layout(), mean.shape());
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
          MOMENT_GRAIN,
          COLUMNS,
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
