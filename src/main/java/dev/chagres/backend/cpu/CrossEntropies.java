package dev.chagres.backend.cpu;

import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;
import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.primitive.CrossEntropyForm.Total;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Cross entropy of rows of scores, which are shared out over the threads. */
final class CrossEntropies {
  private CrossEntropies() {}

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
    return Math.max(1, Grain.of(UnaryOp.EXP) / n);
  }

  static void forward(
      WorkerTeam team,
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
              IndexKernels.crossEntropy(
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

  static void backward(
      WorkerTeam team,
      CrossEntropyForm form,
      Strided g,
      Strided x,
      Strided target,
      Strided statistics,
      Strided gx) {
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
            IndexKernels.crossEntropyBackward(
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
