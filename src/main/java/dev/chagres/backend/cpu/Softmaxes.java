package dev.chagres.backend.cpu;

import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.SoftmaxKernels;
import dev.chagres.backend.SoftmaxKernels.Softmax;
import dev.chagres.backend.Strided;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.primitive.CrossEntropyForm.Total;
import dev.chagres.primitive.Halves;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Softmax along a dimension, and cross entropy of rows; the lines are shared out over the threads.
 */
final class Softmaxes implements SoftmaxKernels {
  private final WorkerTeam team;
  private final Elementwise elementwise;

  Softmaxes(WorkerTeam team, Elementwise elementwise) {
    this.team = team;
    this.elementwise = elementwise;
  }

  /**
   * What is done with {@code count} outer slices of (n, inner), the first of which begins at a
   * byte.
   */
  @FunctionalInterface
  private interface Slices {
    void run(long count, long n, long inner, long start);
  }

  /** Shares the lines along a dimension of contiguous operands out. */
  private void slices(Strided y, int dim, Slices body) {
    long inner = inner(y.shape(), dim);
    long n = y.shape().dim() == 0 ? 1 : y.shape().size(dim);
    long slice = n * inner * y.dtype().size();
    team.run(
        y.numel() / (n * inner),
        Grain.positions(Grain.of(UnaryOp.EXP), n * inner),
        (from, to) -> body.run(to - from, n, inner, from * slice));
  }

  @Override
  public void softmax(Softmax kind, Strided x, int dim, Strided y) {
    if (y.numel() == 0) {
      return;
    }
    DType dtype = x.dtype();
    if (Halves.isHalf(dtype)) {
      elementwise.inFloat32(new Strided[] {x, y}, wide -> softmax(kind, wide[0], dim, wide[1]));
      return;
    }
    int logarithm = kind == Softmax.LOGARITHM ? 1 : 0;
    MemorySegment px = x.pointer();
    MemorySegment py = y.pointer();
    slices(
        y,
        dim,
        (count, n, inner, start) ->
            Kernels.softmax(
                logarithm, dtype, count, n, inner, px.asSlice(start), py.asSlice(start)));
  }

  @Override
  public void softmaxBackward(Softmax kind, Strided g, Strided y, int dim, Strided gx) {
    if (y.numel() == 0) {
      return;
    }
    DType dtype = y.dtype();
    if (Halves.isHalf(dtype)) {
      elementwise.inFloat32(
          new Strided[] {g, y, gx}, wide -> softmaxBackward(kind, wide[0], wide[1], dim, wide[2]));
      return;
    }
    int logarithm = kind == Softmax.LOGARITHM ? 1 : 0;
    MemorySegment pg = g.pointer();
    MemorySegment py = y.pointer();
    MemorySegment pgx = gx.pointer();
    slices(
        y,
        dim,
        (count, n, inner, start) ->
            Kernels.softmaxBackward(
                logarithm,
                dtype,
                count,
                n,
                inner,
                pg.asSlice(start),
                py.asSlice(start),
                pgx.asSlice(start)));
  }

  private static long inner(Shape shape, int dim) {
    long inner = 1;
    for (int i = dim + 1; i < shape.dim(); i++) {
      inner *= shape.size(i);
    }
    return inner;
  }

  // ---- cross entropy

  /** The parts of what is kept for the gradient: a number of each row, and the total. */
  private record Parts(long rows, long bytes, MemorySegment base) {
    static Parts of(Strided x, Strided statistics) {
      return new Parts(x.layout().size(0), x.dtype().size(), statistics.pointer());
    }

    MemorySegment most(long row) {
      return base.asSlice(row * bytes);
    }

    MemorySegment below(long row) {
      return base.asSlice((rows + row) * bytes);
    }

    MemorySegment share(long row) {
      return base.asSlice((2 * rows + row) * bytes);
    }

    MemorySegment total() {
      return base.asSlice(3 * rows * bytes);
    }
  }

  private static long grain(long n) {
    return Grain.positions(Grain.of(UnaryOp.EXP), n);
  }

  @Override
  public void crossEntropy(
      CrossEntropyForm form,
      Strided x,
      Strided target,
      @Nullable Strided weight,
      Strided statistics,
      Strided y) {
    DType dtype = x.dtype();
    long n = x.layout().size(1);
    Parts parts = Parts.of(x, statistics);
    long size = parts.bytes;
    MemorySegment px = x.pointer();
    MemorySegment pt = target.pointer();
    MemorySegment pw = weight == null ? MemorySegment.NULL : weight.pointer();
    MemorySegment py = y.pointer();
    try (Scratch between = Scratch.take(form.total() == Total.EACH ? 1 : parts.rows * size)) {
      MemorySegment losses = form.total() == Total.EACH ? py : between.segment();
      team.run(
          parts.rows,
          grain(n),
          (from, to) ->
              IndexCalls.crossEntropy(
                  dtype,
                  to - from,
                  n,
                  form.ignoreIndex(),
                  px.asSlice(from * n * size),
                  pt.asSlice(from * Long.BYTES),
                  pw,
                  parts.most(from),
                  parts.below(from),
                  parts.share(from),
                  losses.asSlice(from * size)));
      if (form.total() != Total.EACH) {
        sum(dtype, parts.rows, losses, py);
      }
      if (form.total() == Total.MEAN) {
        sum(dtype, parts.rows, parts.share(0), parts.total());
        divide(dtype, py, parts.total());
      }
    }
  }

  private static void sum(DType dtype, long rows, MemorySegment x, MemorySegment y) {
    Kernels.reduce(ReduceOp.SUM, dtype, 1, rows, 1, x, 0, 1, 1, y);
  }

  private static void divide(DType dtype, MemorySegment y, MemorySegment by) {
    if (dtype == DType.FLOAT32) {
      float quotient =
          y.get(ValueLayout.JAVA_FLOAT, 0) / by.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0);
      y.set(ValueLayout.JAVA_FLOAT, 0, quotient);
    } else {
      double quotient =
          y.get(ValueLayout.JAVA_DOUBLE, 0) / by.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 0);
      y.set(ValueLayout.JAVA_DOUBLE, 0, quotient);
    }
  }

  private static double read(DType dtype, MemorySegment x) {
    return dtype == DType.FLOAT32
        ? x.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0)
        : x.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 0);
  }

  @Override
  public void crossEntropyBackward(
      CrossEntropyForm form, Strided g, Strided x, Strided target, Strided statistics, Strided gx) {
    DType dtype = x.dtype();
    long n = x.layout().size(1);
    Parts parts = Parts.of(x, statistics);
    long size = parts.bytes;
    double total = form.total() == Total.MEAN ? read(dtype, parts.total()) : 1;
    long step = form.total() == Total.EACH ? 1 : 0;
    MemorySegment pg = g.pointer();
    MemorySegment px = x.pointer();
    MemorySegment pt = target.pointer();
    MemorySegment pgx = gx.pointer();
    team.run(
        parts.rows,
        grain(n),
        (from, to) ->
            IndexCalls.crossEntropyBackward(
                dtype,
                to - from,
                n,
                form.ignoreIndex(),
                pg.asSlice(from * step * size),
                step,
                total,
                px.asSlice(from * n * size),
                pt.asSlice(from * Long.BYTES),
                parts.most(from),
                parts.below(from),
                parts.share(from),
                pgx.asSlice(from * n * size)));
  }
}
