package dev.chagres.backend.cpu;

import dev.chagres.backend.Choice;
import dev.chagres.backend.Lines;
import dev.chagres.backend.OrderKernels;
import dev.chagres.backend.OrderKernels.Bound;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Order;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Sorting and choosing along a dimension, and search in sorted rows. Lines are shared out over the
 * team; each thread has scratch memory of its own. A line is taken where it lies, whatever its
 * stride.
 */
final class Ordering implements OrderKernels {
  /** Elements to sort that are worth another thread. */
  private static final long GRAIN = 1 << 12;

  /** The bytes that {@link LineParts#write} writes. */
  private static final long LINES_BYTES = 5L * Long.BYTES;

  private final WorkerTeam team;
  private final Elementwise elementwise;
  private final Indexing indexing;

  Ordering(WorkerTeam team, Elementwise elementwise, Indexing indexing) {
    this.team = team;
    this.elementwise = elementwise;
    this.indexing = indexing;
  }

  /** What is done with some of the lines; it may use the scratch. */
  @FunctionalInterface
  private interface Task {
    void run(MemorySegment lines, long from, long to, MemorySegment x, MemorySegment scratch);
  }

  @Override
  public void sort(Order order, Strided x, int dim, Strided values, Strided indices) {
    MemorySegment pv = values.pointer();
    MemorySegment pi = indices.pointer();
    DType dtype = x.dtype();
    forLines(
        x,
        dim,
        (lines, from, to, px, scratch) ->
            OrderCalls.sort(dtype, order, lines, from, to, px, pv, pi, scratch));
  }

  @Override
  public void select(Choice choice, Strided x, int dim, Strided values, Strided indices) {
    if (values.numel() == 0) {
      return;
    }
    long n = x.layout().size(dim);
    boolean fits =
        switch (choice.kind()) {
          case FIRST -> choice.k() >= 0 && choice.k() <= n;
          case NTH -> choice.k() >= 0 && choice.k() < n;
          case MEDIAN, NANMEDIAN, MODE -> n > 0;
        };
    if (!fits) {
      throw new IndexOutOfBoundsException("select: " + choice + " of " + n + " elements");
    }
    MemorySegment pv = values.pointer();
    MemorySegment pi = indices.pointer();
    DType dtype = x.dtype();
    forLines(
        x,
        dim,
        (lines, from, to, px, scratch) ->
            OrderCalls.select(dtype, choice, lines, from, to, px, pv, pi, scratch));
  }

  private void forLines(Strided x, int dim, Task task) {
    if (x.numel() == 0) {
      return;
    }
    Lines lines = Lines.of(x.layout(), dim);
    if (lines != null) {
      forLines(x.dtype(), lines, x.pointer(), task);
      return;
    }
    try (Scratch copy = elementwise.contiguous(x, x.dtype())) {
      forLines(x.dtype(), Lines.ofContiguous(x.shape(), dim), copy.segment(), task);
    }
  }

  private void forLines(DType dtype, Lines lines, MemorySegment x, Task task) {
    long bytes = OrderCalls.scratchBytes(dtype, lines.n());
    try (Scratch described = Scratch.take(LINES_BYTES)) {
      MemorySegment description = described.segment();
      LineParts.write(lines, description);
      team.run(
          lines.count(),
          Grain.positions(GRAIN, lines.n()),
          (from, to) -> {
            try (Scratch scratch = Scratch.take(bytes)) {
              task.run(description, from, to, x, scratch.segment());
            }
          });
    }
  }

  @Override
  public void sortRows(Strided x, Strided indices) {
    long rows = indices.numel();
    if (rows > 0) {
      try (Scratch scratch = Scratch.take(rows * Long.BYTES)) {
        OrderCalls.sortRows(
            x.dtype(), rows, x.layout().size(1), x.pointer(), indices.pointer(), scratch.segment());
      }
    }
  }

  @Override
  public void search(Bound bound, Strided sorted, @Nullable Strided order, Strided x, Strided y) {
    if (y.numel() == 0) {
      return;
    }
    long n = sorted.layout().size(-1);
    boolean shared = sorted.layout().dim() == 1;
    long m = shared ? y.numel() : x.layout().size(-1);
    if (order != null && order.numel() > 0) {
      indexing.checkWithin("searchsorted", order, n);
    }
    DType dtype = x.dtype();
    int right = bound == Bound.RIGHT ? 1 : 0;
    long stride = shared ? 0 : n;
    MemorySegment ps = sorted.pointer();
    MemorySegment po = order == null ? MemorySegment.NULL : order.pointer();
    MemorySegment px = x.pointer();
    MemorySegment py = y.pointer();
    // One row for all is shared out by elements, rows of their own by rows.
    long pieces = shared ? m : y.numel() / m;
    long each = shared ? 1 : m;
    team.run(
        pieces,
        Grain.positions(GRAIN, each),
        (from, to) ->
            OrderCalls.search(
                dtype,
                right,
                shared ? 1 : to - from,
                n,
                shared ? to - from : m,
                ps.asSlice(from * stride * dtype.size()),
                stride,
                order == null ? po : po.asSlice(from * stride * Long.BYTES),
                px.asSlice(from * each * dtype.size()),
                py.asSlice(from * each * Long.BYTES)));
  }
}
