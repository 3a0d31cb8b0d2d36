package dev.chagres.backend.cuda;

import dev.chagres.backend.Lines;
import dev.chagres.backend.ScanKernels;
import dev.chagres.backend.ScanKernels.Scan;
import dev.chagres.backend.ScanKernels.Way;
import dev.chagres.backend.ScanOp;
import dev.chagres.backend.Strided;
import dev.chagres.memory.Storage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Scans along a dimension: a thread for each line where there are many that lie side by side, else
 * a block for each, or several for the parts of a long one.
 */
final class Scans implements ScanKernels {
  private static final String FILE = "scan.cu";

  /** Lines that are enough for a thread each, and elements of a line that a thread may take. */
  private static final long MANY = 1 << 12;

  private static final long SHORT = 32;

  /** Elements of a part of a long line, and parts of a line at most. */
  private static final long PART = 1 << 12;

  private static final long MOST_PARTS = 1 << 10;

  private static final int MOST_BLOCKS = 65_535;

  private final CudaDevice device;
  private final Elementwise elementwise;

  Scans(CudaDevice device, Elementwise elementwise) {
    this.device = device;
    this.elementwise = elementwise;
  }

  /** An operand as lines; backwards they begin at their last element. */
  private record Placed(Strided array, Lines lines, long start) {
    static Placed of(Strided array, Lines lines, Way way) {
      long turned =
          Math.max(0, -lines.outerStride()) * (lines.outer() - 1)
              + Math.max(0, -lines.stride()) * (lines.n() - 1)
              + Math.max(0, -lines.innerStride()) * (lines.inner() - 1);
      return way == Way.FORTH
          ? new Placed(array, lines, turned)
          : new Placed(array, lines.backwards(), turned + lines.last());
    }
  }

  /** A scan in C++, and the bytes of what it carries. */
  private record Kind(String expression, int bytes) {
    static Kind of(String op, Strided x) {
      return new Kind("scan_op::" + op + "<" + Types.of(x) + ">", 2 * Long.BYTES);
    }
  }

  @Override
  public void scan(Scan scan, Strided x, Strided y) {
    if (isExtreme(scan.op())) {
      throw new IllegalArgumentException("scan: an extreme has a position");
    }
    run(Kind.of(scan.op().name(), x), scan.way(), scan.dim(), x, null, y, null);
  }

  private static boolean isExtreme(ScanOp op) {
    return switch (op) {
      case MAX, MIN -> true;
      case SUM, PROD, LOGSUMEXP -> false;
    };
  }

  @Override
  public void scanExtrema(Scan scan, Strided x, Strided y, Strided indices) {
    if (scan.way() == Way.BACK || !isExtreme(scan.op())) {
      throw new IllegalArgumentException("scan: positions are those of extremes, from the front");
    }
    run(Kind.of(scan.op().name(), x), Way.FORTH, scan.dim(), x, null, y, indices);
  }

  @Override
  public void recurrence(Way way, int dim, Strided x, Strided a, Strided y) {
    run(Kind.of("RECURRENCE", x), way, dim, x, a, y, null);
  }

  private void run(
      Kind kind,
      Way way,
      int dim,
      Strided x,
      @Nullable Strided a,
      Strided y,
      @Nullable Strided indices) {
    if (y.numel() == 0) {
      return;
    }
    Placed py = Placed.of(y, lines(y, dim), way);
    withLines(
        x,
        dim,
        way,
        px -> {
          if (a == null) {
            run(kind, px, null, py, indices);
          } else {
            withLines(a, dim, way, pa -> run(kind, px, pa, py, indices));
          }
        });
  }

  /** The lines of a contiguous array, which may have no axes. */
  private static Lines lines(Strided x, int dim) {
    return x.layout().dim() == 0 ? new Lines(1, 1, 1, 1, 1, 1) : Lines.ofContiguous(x.shape(), dim);
  }

  /** Runs a task on an operand as it lies, or on a copy if its axes do not join to three. */
  private void withLines(Strided x, int dim, Way way, Consumer<Placed> task) {
    Lines lines = x.layout().dim() == 0 ? lines(x, dim) : Lines.of(x.layout(), dim);
    if (lines != null) {
      task.accept(Placed.of(x, lines, way));
      return;
    }
    elementwise.copied(x, copy -> task.accept(Placed.of(copy, lines(copy, dim), way)));
  }

  private void run(Kind kind, Placed x, @Nullable Placed a, Placed y, @Nullable Strided indices) {
    Lines lines = y.lines;
    long[] struct = struct(x.lines, a == null ? x.lines : a.lines, y.lines);
    boolean apart = lines.n() <= SHORT || (lines.inner() > 1 && lines.count() >= MANY);
    if (apart) {
      Launch launch = operands(launch("scan_columns", kind).struct(struct), x, a);
      results(launch, y, indices).share(lines.count());
      return;
    }
    long parts = Math.clamp(lines.n() / PART, 1, MOST_PARTS);
    long part = Math.ceilDiv(lines.n(), parts);
    long used = Math.ceilDiv(lines.n(), part);
    Grid grid = Grid.of((int) used, (int) Math.min(lines.count(), MOST_BLOCKS));
    Grid block = Grid.of(CudaDevice.BLOCK);
    if (used == 1) {
      Launch launch = operands(launch("scan_rows", kind).struct(struct).integer(part), x, a);
      results(launch.address(0), y, indices).run(grid, block, 0);
      return;
    }
    try (var workspace = device.workspace(lines.count() * used * kind.bytes)) {
      Storage totals = workspace.storage();
      operands(launch("scan_totals", kind).struct(struct).integer(part), x, a)
          .pointer(totals)
          .run(grid, block, 0);
      launch("scan_before", kind)
          .integer(lines.count())
          .integer(used)
          .pointer(totals)
          .run(Grid.of((int) Math.min(lines.count(), MOST_BLOCKS)), block, 0);
      Launch launch = operands(launch("scan_rows", kind).struct(struct).integer(part), x, a);
      results(launch.pointer(totals), y, indices).run(grid, block, 0);
    }
  }

  private Launch launch(String kernel, Kind kind) {
    return device.launch(FILE, kernel + "<" + kind.expression + ">");
  }

  private static Launch operands(Launch launch, Placed x, @Nullable Placed a) {
    launch.pointer(x.array, x.start);
    return a == null ? launch.address(0) : launch.pointer(a.array, a.start);
  }

  private static Launch results(Launch launch, Placed y, @Nullable Strided indices) {
    launch.pointer(y.array, y.start);
    return launch.pointerOrNull(indices);
  }

  /** The {@code struct Lines} of {@code scan.cu}. */
  private static long[] struct(Lines x, Lines a, Lines y) {
    return new long[] {
      y.count(),
      y.n(),
      y.inner(),
      x.outerStride(),
      a.outerStride(),
      y.outerStride(),
      x.stride(),
      a.stride(),
      y.stride(),
      x.innerStride(),
      a.innerStride(),
      y.innerStride()
    };
  }

  /** What a scan of one contiguous line counts. */
  enum Counted {
    /** The true elements so far. */
    TRUE_COUNT,
    /** The sum of the counts so far. */
    COUNT_SUM
  }

  /** Writes running counts of a contiguous array, which is not empty, as 64-bit integers. */
  void count(Counted counted, Strided x, Storage until) {
    long n = x.numel();
    long parts = Math.clamp(n / PART, 1, MOST_PARTS);
    long part = Math.ceilDiv(n, parts);
    long used = Math.ceilDiv(n, part);
    Lines line = new Lines(1, n, 1, 0, 1, 1);
    long[] struct = struct(line, line, line);
    Kind kind = new Kind("scan_op::" + counted, Long.BYTES);
    Grid grid = Grid.of((int) used);
    Grid block = Grid.of(CudaDevice.BLOCK);
    try (var workspace = device.workspace(used * kind.bytes)) {
      Storage totals = workspace.storage();
      launch("scan_totals", kind)
          .struct(struct)
          .integer(part)
          .pointer(x)
          .address(0)
          .pointer(totals)
          .run(grid, block, 0);
      launch("scan_before", kind)
          .integer(1)
          .integer(used)
          .pointer(totals)
          .run(Grid.of(1), block, 0);
      launch("scan_rows", kind)
          .struct(struct)
          .integer(part)
          .pointer(x)
          .address(0)
          .pointer(totals)
          .address(0)
          .pointer(until)
          .run(grid, block, 0);
    }
  }
}
