package dev.chagres.backend.cuda;

import dev.chagres.backend.Backend.Bound;
import dev.chagres.backend.Choice;
import dev.chagres.backend.Lines;
import dev.chagres.backend.Strided;
import dev.chagres.core.Order;
import dev.chagres.memory.Storage;
import org.jspecify.annotations.Nullable;

/**
 * Sorts and searches. Tiles of each line are sorted by a block each, then runs are merged, all
 * lines at once; what is chosen is taken of the sorted lines.
 */
final class Ordering {
  private static final String FILE = "sort.cu";
  private static final long TILE = 512;
  private static final int MOST_BLOCKS = 65_535;

  private final CudaDevice device;
  private final Elementwise elementwise;

  Ordering(CudaDevice device, Elementwise elementwise) {
    this.device = device;
    this.elementwise = elementwise;
  }

  /** What is done with the lines of x and their sorted records. */
  @FunctionalInterface
  private interface Task {
    void run(Strided x, long[] lines, Storage records);
  }

  void sort(Order order, Strided x, int dim, Strided values, Strided indices) {
    long n = x.layout().dim() == 0 ? 1 : x.layout().size(dim);
    first(order, n, x, dim, values, indices);
  }

  private void first(Order order, long count, Strided x, int dim, Strided values, Strided indices) {
    sorted(
        order,
        x,
        dim,
        (from, lines, records) ->
            device
                .launch(FILE, "take_first<" + Types.of(x) + ">")
                .struct(lines)
                .integer(count)
                .pointer(records)
                .pointer(from)
                .pointer(values)
                .pointer(indices)
                .share(values.numel()));
  }

  void select(Choice choice, Strided x, int dim, Strided values, Strided indices) {
    if (values.numel() == 0) {
      return;
    }
    long n = x.layout().dim() == 0 ? 1 : x.layout().size(dim);
    boolean fits =
        switch (choice.kind()) {
          case FIRST -> choice.k() >= 0 && choice.k() <= n;
          case NTH -> choice.k() >= 0 && choice.k() < n;
          case MEDIAN, NANMEDIAN, MODE -> n > 0;
        };
    if (!fits) {
      throw new IndexOutOfBoundsException("select: " + choice + " of " + n + " elements");
    }
    if (choice.kind() == Choice.Kind.FIRST) {
      first(choice.order(), choice.k(), x, dim, values, indices);
      return;
    }
    sorted(
        choice.kind() == Choice.Kind.NTH ? choice.order() : Order.ASCENDING,
        x,
        dim,
        (from, lines, records) ->
            device
                .launch(FILE, "take_ranked<" + Types.of(x) + ">")
                .struct(lines)
                .integer(choice.kind().ordinal() - Choice.Kind.NTH.ordinal())
                .integer(choice.k())
                .pointer(records)
                .pointer(from)
                .pointer(values)
                .pointer(indices)
                .share(values.numel()));
  }

  private void sorted(Order order, Strided x, int dim, Task task) {
    if (x.numel() == 0) {
      return;
    }
    Lines lines = x.layout().dim() == 0 ? new Lines(1, 1, 1, 1, 1, 1) : Lines.of(x.layout(), dim);
    if (lines == null || isTurned(lines)) {
      elementwise.copied(x, copy -> sorted(order, copy, Lines.ofContiguous(x.shape(), dim), task));
    } else {
      sorted(order, x, lines, task);
    }
  }

  private static boolean isTurned(Lines lines) {
    return lines.outerStride() < 0 || lines.stride() < 0 || lines.innerStride() < 0;
  }

  private void sorted(Order order, Strided x, Lines lines, Task task) {
    long[] struct = {
      lines.count(),
      lines.n(),
      lines.inner(),
      lines.outerStride(),
      lines.stride(),
      lines.innerStride()
    };
    long bytes = x.numel() * 2L * Long.BYTES;
    boolean merges = lines.n() > TILE;
    try (var records = device.workspace(bytes);
        var others = device.workspace(merges ? bytes : 1)) {
      Storage from = records.storage();
      Storage to = others.storage();
      device
          .launch(FILE, "sort_tiles<" + Types.of(x) + ">")
          .struct(struct)
          .integer(order == Order.DESCENDING ? 1 : 0)
          .pointer(x)
          .pointer(from)
          .run(
              Grid.of(
                  Math.toIntExact(Math.ceilDiv(lines.n(), TILE)),
                  (int) Math.min(lines.count(), MOST_BLOCKS)),
              Grid.of(CudaDevice.BLOCK),
              0);
      for (long run = TILE; run < lines.n(); run *= 2) {
        device
            .launch(FILE, "merge_runs<" + Types.bits(x) + ">")
            .integer(lines.count())
            .integer(lines.n())
            .integer(run)
            .pointer(from)
            .pointer(to)
            .share(x.numel());
        Storage held = from;
        from = to;
        to = held;
      }
      task.run(x, struct, from);
    }
  }

  @SuppressWarnings("ReferenceEquality") // An array is itself.
  void sortRows(Strided x, Strided indices) {
    long rows = indices.numel();
    if (rows == 0) {
      return;
    }
    long n = x.layout().size(1);
    Elementwise.withTemporary(
        indices.like(indices.shape(), indices.dtype()),
        other -> {
          Strided from = indices;
          Strided to = other;
          device.launch(FILE, "number_rows").integer(rows).pointer(from).share(rows);
          for (long run = 1; run < rows; run *= 2) {
            device
                .launch(FILE, "merge_rows<" + Types.of(x) + ">")
                .integer(rows)
                .integer(n)
                .integer(run)
                .pointer(x)
                .pointer(from)
                .pointer(to)
                .share(rows);
            Strided held = from;
            from = to;
            to = held;
          }
          if (from == other) {
            elementwise.copy(other, indices);
          }
        });
  }

  void search(Bound bound, Strided sorted, @Nullable Strided order, Strided x, Strided y) {
    if (y.numel() == 0) {
      return;
    }
    long n = sorted.layout().size(-1);
    boolean shared = sorted.layout().dim() == 1;
    device
        .launch(FILE, "search<" + Types.of(x) + ">")
        .integer(y.numel())
        .integer(shared ? y.numel() : x.layout().size(-1))
        .integer(n)
        .integer(shared ? 0 : n)
        .integer(bound == Bound.RIGHT ? 1 : 0)
        .pointer(sorted)
        .pointerOrNull(order)
        .pointer(x)
        .pointer(y)
        .fault(Faults.index("searchsorted", n))
        .share(y.numel());
  }
}
