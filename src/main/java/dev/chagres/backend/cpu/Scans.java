package dev.chagres.backend.cpu;

import dev.chagres.backend.Lines;
import dev.chagres.backend.ScanKernels;
import dev.chagres.backend.ScanKernels.Scan;
import dev.chagres.backend.ScanKernels.Way;
import dev.chagres.backend.ScanOp;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.primitive.Halves;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Scans along a dimension. The kernel takes three axes with any strides, so that neither another
 * axis than the last nor the way back needs a copy; lines are shared out over the team.
 */
final class Scans implements ScanKernels {
  private static final long STRIDES_BYTES = 9L * Long.BYTES;

  /** Elements that are worth another thread. */
  private static final long GRAIN = 1 << 15;

  /** Neighbouring lines that a thread takes at least: a cache line, or several, of each. */
  private static final long COLUMNS = 128;

  private final WorkerTeam team;
  private final Elementwise elementwise;

  Scans(WorkerTeam team, Elementwise elementwise) {
    this.team = team;
    this.elementwise = elementwise;
  }

  /** The operands of one kernel call; {@code a} and the indices only where it has them. */
  private record Call(
      int op,
      DType dtype,
      LineParts.Placed x,
      LineParts.@Nullable Placed a,
      LineParts.Placed y,
      @Nullable MemorySegment indices) {}

  @Override
  public void scan(Scan scan, Strided x, Strided y) {
    if (y.numel() == 0) {
      return;
    }
    if (Halves.isHalf(x.dtype())) {
      elementwise.inFloat32(new Strided[] {x, y}, wide -> scan(scan, wide[0], wide[1]));
      return;
    }
    if (isExtreme(scan.op())) {
      throw new IllegalArgumentException("scan: an extreme has a position");
    }
    int op = OrderCalls.code(scan.op());
    withLines(
        x,
        scan.dim(),
        px -> {
          LineParts.Placed py = LineParts.Placed.of(Lines.ofContiguous(y.shape(), scan.dim()), y);
          boolean back = scan.way() == Way.BACK;
          run(
              new Call(
                  op,
                  x.dtype(),
                  back ? px.backwards() : px,
                  null,
                  back ? py.backwards() : py,
                  null));
        });
  }

  private static boolean isExtreme(ScanOp op) {
    return switch (op) {
      case MAX, MIN -> true;
      case SUM, PROD, LOGSUMEXP -> false;
    };
  }

  @Override
  public void scanExtrema(Scan scan, Strided x, Strided y, Strided indices) {
    if (y.numel() == 0) {
      return;
    }
    if (Halves.isHalf(x.dtype())) {
      elementwise.inFloat32(
          new Strided[] {x, y}, wide -> scanExtrema(scan, wide[0], wide[1], indices));
      return;
    }
    if (scan.way() == Way.BACK || !isExtreme(scan.op())) {
      throw new IllegalArgumentException("scan: positions are those of extremes, from the front");
    }
    int op = OrderCalls.code(scan.op());
    withLines(
        x,
        scan.dim(),
        px -> {
          LineParts.Placed py = LineParts.Placed.of(Lines.ofContiguous(y.shape(), scan.dim()), y);
          run(new Call(op, x.dtype(), px, null, py, indices.pointer()));
        });
  }

  @Override
  public void recurrence(Way way, int dim, Strided x, Strided a, Strided y) {
    if (y.numel() == 0) {
      return;
    }
    if (Halves.isHalf(x.dtype())) {
      elementwise.inFloat32(
          new Strided[] {x, a, y}, wide -> recurrence(way, dim, wide[0], wide[1], wide[2]));
      return;
    }
    int op = OrderCalls.recurrence();
    withLines(
        x,
        dim,
        px ->
            withLines(
                a,
                dim,
                pa -> {
                  LineParts.Placed py = LineParts.Placed.of(Lines.ofContiguous(y.shape(), dim), y);
                  run(
                      way == Way.BACK
                          ? new Call(
                              op, x.dtype(), px.backwards(), pa.backwards(), py.backwards(), null)
                          : new Call(op, x.dtype(), px, pa, py, null));
                }));
  }

  @FunctionalInterface
  private interface PlacedTask {
    void run(LineParts.Placed placed);
  }

  /** Runs a task on an operand as it lies, or on a copy if its axes do not join to three. */
  private void withLines(Strided x, int dim, PlacedTask task) {
    Lines lines = Lines.of(x.layout(), dim);
    if (lines != null) {
      task.run(LineParts.Placed.of(lines, x));
      return;
    }
    try (Scratch copy = elementwise.contiguous(x, x.dtype())) {
      Lines ordered = Lines.ofContiguous(x.shape(), dim);
      task.run(new LineParts.Placed(ordered, copy.segment(), x.dtype().size()));
    }
  }

  private void run(Call call) {
    Lines lines = call.y.lines();
    try (Scratch scratch = Scratch.take(STRIDES_BYTES)) {
      MemorySegment strides = scratch.segment();
      write(call.x, strides, 0);
      write(call.a == null ? call.y : call.a, strides, 3);
      write(call.y, strides, 6);
      LineParts.share(
          lines,
          team,
          GRAIN,
          COLUMNS,
          (part, outer, inner) -> call(call, strides, part, outer, inner));
    }
  }

  private static void write(LineParts.Placed operand, MemorySegment strides, int at) {
    Lines lines = operand.lines();
    strides.setAtIndex(ValueLayout.JAVA_LONG, at, lines.outerStride());
    strides.setAtIndex(ValueLayout.JAVA_LONG, at + 1, lines.stride());
    strides.setAtIndex(ValueLayout.JAVA_LONG, at + 2, lines.innerStride());
  }

  private static void call(Call call, MemorySegment strides, Lines part, long outer, long inner) {
    MemorySegment indices = call.indices;
    OrderCalls.scan(
        call.op,
        call.dtype,
        part.outer(),
        part.n(),
        part.inner(),
        strides,
        call.x.at(outer, inner),
        call.a == null ? MemorySegment.NULL : call.a.at(outer, inner),
        call.y.at(outer, inner),
        indices == null
            ? MemorySegment.NULL
            : indices.asSlice(call.y.lines().at(outer, inner) * Long.BYTES));
  }
}
