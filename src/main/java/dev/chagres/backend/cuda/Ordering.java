package dev.chagres.backend.cuda;

import dev.chagres.backend.Choice;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.Lines;
import dev.chagres.backend.OrderKernels;
import dev.chagres.backend.OrderKernels.Bound;
import dev.chagres.backend.Strided;
import dev.chagres.core.Order;
import dev.chagres.memory.Storage;
import org.jspecify.annotations.Nullable;

/**
 * Sorts and searches. Elements become keys, which are sorted by their digits; of many elements the
 * first few, or the one of a rank, are found without sorting all.
 */
final class Ordering implements OrderKernels {
  private static final String FILE = "sort.cu";
  private static final int MOST_BLOCKS = 65_535;

  /** Elements whose ranks are counted. */
  private static final int FEW = 32;

  /** As {@code DIGIT} and {@code PART} in {@code sort.cu}. */
  private static final int DIGIT = 8;

  private static final int DIGITS = 1 << DIGIT;
  private static final int PART = 4096;

  /** Blocks that are enough for a device. */
  private static final long ENOUGH = 2048;

  /** How many times more than what is wanted of them elements are, for it to be found alone. */
  private static final long SELECTED = 4;

  private static final long SIDES_BYTES = 2L * Long.BYTES;
  private static final long WANTED_BYTES = 2L * Long.BYTES;

  private final CudaDevice device;
  private final Elementwise elementwise;

  Ordering(CudaDevice device, Elementwise elementwise) {
    this.device = device;
    this.elementwise = elementwise;
  }

  /**
   * Lines of x and what they are sorted by.
   *
   * @param key the type of keys, whose size is that of elements
   * @param index the type of positions
   */
  private record Task(Strided x, Lines lines, String key, String index) {
    static Task of(Strided x, Lines lines) {
      return new Task(
          x,
          lines,
          Types.bits(x),
          lines.n() < 1L << Integer.SIZE ? "unsigned" : "unsigned long long");
    }

    long[] struct() {
      return new long[] {
        lines.count(),
        lines.n(),
        lines.inner(),
        Layouts.divisor(lines.inner()),
        lines.outerStride(),
        lines.stride(),
        lines.innerStride()
      };
    }

    int keyBytes() {
      return x.dtype().size();
    }

    int indexBytes() {
      return index.equals("unsigned") ? Integer.BYTES : Long.BYTES;
    }

    /** Whether the greatest key is that of NaN. */
    long nans() {
      return x.dtype().isFloating() ? 1 : 0;
    }

    /** Records that a block sorts, and a thread of it. */
    int tile() {
      return CudaDevice.BLOCK * each();
    }

    int each() {
      return keyBytes() == Long.BYTES ? 8 : 16;
    }
  }

  /** Sorted keys and their positions in their lines. */
  @FunctionalInterface
  private interface Use {
    void run(Storage keys, Storage order);
  }

  @Override
  public void sort(Order order, Strided x, int dim, Strided values, Strided indices) {
    long n = x.layout().dim() == 0 ? 1 : x.layout().size(dim);
    select(new Choice(Choice.Kind.FIRST, order, n), x, dim, values, indices);
  }

  @Override
  public void select(Choice choice, Strided x, int dim, Strided values, Strided indices) {
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
    Lines lines = x.layout().dim() == 0 ? new Lines(1, 1, 1, 1, 1, 1) : Lines.of(x.layout(), dim);
    if (lines == null || isTurned(lines)) {
      elementwise.copied(
          x,
          copy ->
              select(choice, Task.of(copy, Lines.ofContiguous(x.shape(), dim)), values, indices));
    } else {
      select(choice, Task.of(x, lines), values, indices);
    }
  }

  private static boolean isTurned(Lines lines) {
    return lines.outerStride() < 0 || lines.stride() < 0 || lines.innerStride() < 0;
  }

  private void select(Choice choice, Task task, Strided values, Strided indices) {
    Lines lines = task.lines;
    boolean descending =
        choice.order() == Order.DESCENDING
            && (choice.kind() == Choice.Kind.FIRST || choice.kind() == Choice.Kind.NTH);
    try (var keys = device.workspace(task.x.numel() * task.keyBytes())) {
      device
          .launch(FILE, "make_keys<" + Types.of(task.x) + ">")
          .struct(task.struct())
          .integer(descending ? 1 : 0)
          .pointer(task.x)
          .pointer(keys.storage())
          .run(
              Grid.of(blocks(lines.n(), lines.count()), rows(lines.count())),
              Grid.of(CudaDevice.BLOCK),
              0);
      boolean many = lines.n() > task.tile() && choice.kind() != Choice.Kind.MODE;
      if (many && choice.count() <= lines.n() / SELECTED) {
        selectOfMany(choice, task, keys.storage(), values, indices);
      } else {
        sorted(
            task,
            lines.n(),
            keys.storage(),
            (sorted, order) -> take(choice, task, sorted, order, values, indices));
      }
    }
  }

  /** Writes what is chosen of sorted lines. */
  private void take(
      Choice choice, Task task, Storage keys, Storage order, Strided values, Strided indices) {
    if (choice.kind() == Choice.Kind.FIRST) {
      takeFirst(task, choice.k(), task.lines.n(), order, null, values, indices);
      return;
    }
    String types = "<" + Types.bits(task.x) + ", " + task.key + ", " + task.index + ">";
    if (choice.kind() == Choice.Kind.MODE) {
      device
          .launch(FILE, "take_mode" + types)
          .struct(task.struct())
          .integer(task.nans())
          .pointer(keys)
          .pointer(order)
          .pointer(task.x)
          .pointer(values)
          .pointer(indices)
          .run(Grid.of(rows(task.lines.count())), Grid.of(CudaDevice.BLOCK), 0);
      return;
    }
    device
        .launch(FILE, "take_ranked" + types)
        .struct(task.struct())
        .integer(kind(choice))
        .integer(choice.k())
        .integer(choice.kind() == Choice.Kind.NTH ? 0 : task.nans())
        .pointer(keys)
        .pointer(order)
        .pointer(task.x)
        .pointer(values)
        .pointer(indices)
        .share(values.numel());
  }

  /** As {@code enum Kind} in {@code sort.cu}. */
  private static int kind(Choice choice) {
    return choice.kind() == Choice.Kind.FIRST
        ? 0
        : choice.kind().ordinal() - Choice.Kind.NTH.ordinal();
  }

  private void takeFirst(
      Task task,
      long wanted,
      long sorted,
      Storage order,
      @Nullable Storage sources,
      Strided values,
      Strided indices) {
    Launch launch =
        device
            .launch(FILE, "take_first<" + Types.bits(task.x) + ", " + task.index + ">")
            .struct(task.struct())
            .divisor(wanted)
            .integer(sorted)
            .pointer(order);
    (sources == null ? launch.address(0) : launch.pointer(sources))
        .pointer(task.x)
        .pointer(values)
        .pointer(indices)
        .share(values.numel());
  }

  private static int rows(long lines) {
    return (int) Math.min(lines, MOST_BLOCKS);
  }

  /** Blocks for each line that share out its elements. */
  private static int blocks(long n, long lines) {
    return (int) Math.clamp(Math.ceilDiv(n, PART), 1, Math.max(1, ENOUGH / lines));
  }

  // ---- sorting

  /** Sorts keys, n of each line. */
  private void sorted(Task task, long n, Storage keys, Use use) {
    long records = task.lines.count() * n;
    try (var sortedKeys = device.workspace(records * task.keyBytes());
        var order = device.workspace(records * task.indexBytes())) {
      if (n > task.tile()) {
        sortMany(task, n, keys, sortedKeys.storage(), order.storage(), use);
        return;
      }
      String types = "<" + task.key + ", " + task.index;
      int each = task.each();
      while (each > 1 && CudaDevice.BLOCK * each / 4 >= n) {
        each /= 4;
      }
      Launch launch =
          n <= FEW
              ? device.launch(FILE, "sort_few" + types + ">")
              : device.launch(FILE, "sort_tile" + types + ", " + Math.max(1, each) + ">");
      launch.integer(task.lines.count());
      (n <= FEW ? launch.divisor(n) : launch.integer(n))
          .pointer(keys)
          .pointer(sortedKeys.storage())
          .pointer(order.storage());
      if (n <= FEW) {
        launch.share(records);
      } else {
        launch.run(Grid.of(rows(task.lines.count())), Grid.of(CudaDevice.BLOCK), 0);
      }
      use.run(sortedKeys.storage(), order.storage());
    }
  }

  /** Sorts lines of several tiles, digit by digit; the memory of the keys is used too. */
  private void sortMany(
      Task task, long n, Storage keys, Storage sortedKeys, Storage order, Use use) {
    long count = task.lines.count();
    long tiles = Math.ceilDiv(n, task.tile());
    Grid block = Grid.of(CudaDevice.BLOCK);
    Grid grid = Grid.of(Math.toIntExact(tiles), rows(count));
    String types = "<" + task.key + ", " + task.index + ">";
    try (var otherOrder = device.workspace(count * n * task.indexBytes());
        var counts = device.workspace(count * DIGITS * tiles * task.indexBytes());
        var totals = device.workspace(count * DIGITS * task.indexBytes())) {
      Storage[] held = {keys, sortedKeys};
      Storage[] orders = {otherOrder.storage(), order};
      int pass = 0;
      for (int shift = 0; shift < Byte.SIZE * task.keyBytes(); shift += DIGIT) {
        int from = pass % 2;
        device
            .launch(FILE, "radix_count" + types)
            .integer(count)
            .integer(n)
            .integer(shift)
            .pointer(held[from])
            .pointer(counts.storage())
            .run(grid, block, 0);
        device
            .launch(FILE, "radix_before<" + task.index + ">")
            .integer(count)
            .integer(tiles)
            .pointer(counts.storage())
            .pointer(totals.storage())
            .run(Grid.of(DIGITS, rows(count)), block, 0);
        Launch move =
            device
                .launch(FILE, "radix_move" + types)
                .integer(count)
                .integer(n)
                .integer(shift)
                .pointer(counts.storage())
                .pointer(totals.storage())
                .pointer(held[from]);
        (pass == 0 ? move.address(0) : move.pointer(orders[from]))
            .pointer(held[1 - from])
            .pointer(orders[1 - from])
            .run(grid, block, 0);
        pass++;
      }
      use.run(held[pass % 2], orders[pass % 2]);
    }
  }

  // ---- choosing of many

  private void selectOfMany(
      Choice choice, Task task, Storage keys, Strided values, Strided indices) {
    Lines lines = task.lines;
    long count = lines.count();
    int parts = Math.toIntExact(Math.ceilDiv(lines.n(), PART));
    Grid grid = Grid.of(parts, rows(count));
    Grid block = Grid.of(CudaDevice.BLOCK);
    try (var wanted = device.workspace(count * WANTED_BYTES);
        var sides = device.workspace(count * parts * SIDES_BYTES)) {
      wantedKeys(choice, task, keys, wanted.storage());
      device
          .launch(FILE, "select_sides<" + task.key + ">")
          .integer(count)
          .integer(lines.n())
          .pointer(keys)
          .pointer(wanted.storage())
          .pointer(sides.storage())
          .run(grid, block, 0);
      device
          .launch(FILE, "select_before")
          .integer(count)
          .integer(parts)
          .pointer(sides.storage())
          .run(Grid.of(rows(count)), block, 0);
      if (choice.kind() == Choice.Kind.FIRST) {
        first(choice.k(), task, keys, wanted.storage(), sides.storage(), values, indices);
        return;
      }
      device
          .launch(FILE, "select_one<" + Types.bits(task.x) + ", " + task.key + ">")
          .struct(task.struct())
          .pointer(keys)
          .pointer(wanted.storage())
          .pointer(sides.storage())
          .pointer(task.x)
          .pointer(values)
          .pointer(indices)
          .run(grid, block, 0);
    }
  }

  /** Finds the key of the wanted rank in each line, and its rank among its equals. */
  private void wantedKeys(Choice choice, Task task, Storage keys, Storage wanted) {
    Lines lines = task.lines;
    long count = lines.count();
    Grid grid = Grid.of(blocks(lines.n(), count), rows(count));
    Grid block = Grid.of(CudaDevice.BLOCK);
    boolean first = choice.kind() == Choice.Kind.FIRST;
    boolean counts = !first && choice.kind() != Choice.Kind.NTH && task.nans() != 0;
    try (var found = device.workspace(count * DIGITS * Long.BYTES);
        var known = device.workspace(count * Long.BYTES)) {
      device.fill(found.address(), 0, count * DIGITS * Long.BYTES);
      if (counts) {
        device.fill(known.address(), 0, count * Long.BYTES);
        device
            .launch(FILE, "count_numbers<" + task.key + ">")
            .integer(count)
            .integer(lines.n())
            .pointer(keys)
            .pointer(known.storage())
            .run(grid, block, 0);
      }
      Launch begin =
          device
              .launch(FILE, "select_begin")
              .integer(count)
              .integer(lines.n())
              .integer(kind(choice))
              .integer(first ? choice.k() - 1 : choice.k());
      (counts ? begin.pointer(known.storage()) : begin.address(0)).pointer(wanted).share(count);
      for (int shift = Byte.SIZE * task.keyBytes() - DIGIT; shift >= 0; shift -= DIGIT) {
        device
            .launch(FILE, "select_count<" + task.key + ">")
            .integer(count)
            .integer(lines.n())
            .integer(shift)
            .pointer(keys)
            .pointer(wanted)
            .pointer(found.storage())
            .run(grid, block, 0);
        device
            .launch(FILE, "select_digit")
            .integer(count)
            .integer(shift)
            .pointer(found.storage())
            .pointer(wanted)
            .run(Grid.of(rows(count)), block, 0);
      }
    }
  }

  /** Takes the keys up to the wanted ones, and sorts those. */
  private void first(
      long k,
      Task task,
      Storage keys,
      Storage wanted,
      Storage sides,
      Strided values,
      Strided indices) {
    Lines lines = task.lines;
    long records = lines.count() * k;
    try (var found = device.workspace(records * task.keyBytes());
        var sources = device.workspace(records * task.indexBytes())) {
      device
          .launch(FILE, "select_found<" + task.key + ", " + task.index + ">")
          .integer(lines.count())
          .integer(lines.n())
          .integer(k)
          .pointer(keys)
          .pointer(wanted)
          .pointer(sides)
          .pointer(found.storage())
          .pointer(sources.storage())
          .run(
              Grid.of(Math.toIntExact(Math.ceilDiv(lines.n(), PART)), rows(lines.count())),
              Grid.of(CudaDevice.BLOCK),
              0);
      sorted(
          task,
          k,
          found.storage(),
          (_, order) -> takeFirst(task, k, k, order, sources.storage(), values, indices));
    }
  }

  @SuppressWarnings("ReferenceEquality") // An array is itself.
  @Override
  public void sortRows(Strided x, Strided indices) {
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

  @Override
  public void search(Bound bound, Strided sorted, @Nullable Strided order, Strided x, Strided y) {
    if (y.numel() == 0) {
      return;
    }
    long n = sorted.layout().size(-1);
    boolean shared = sorted.layout().dim() == 1;
    device
        .launch(FILE, "search<" + Types.of(x) + ">")
        .integer(y.numel())
        .divisor(shared ? y.numel() : x.layout().size(-1))
        .integer(n)
        .integer(shared ? 0 : n)
        .integer(bound == Bound.RIGHT ? 1 : 0)
        .pointer(sorted)
        .pointerOrNull(order)
        .pointer(x)
        .pointer(y)
        .fault(Faults.index("searchsorted", n, Negatives.BAD))
        .share(y.numel());
  }
}
