package dev.chagres.backend.cuda;

import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.core.Triangle;
import dev.chagres.primitive.Factorizations.Vectors;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Eigenvalues and singular values of large matrices, whose spans of columns meet in rounds: two
 * launches for each round, of as many sweeps as there may be, since the host does not look.
 */
final class Jacobi {
  private static final String FILE = "jacobi.cu";

  /** Two spans of columns, as in {@code jacobi.cu}. */
  private static final int SIDE = 32;

  /** Twice what matrices of 257 rows were seen to need, whose values are graded or in clusters. */
  private static final int SWEEPS = 40;

  private static final int MOST_BLOCKS = 65_535;

  /** What a batch is done in parts for. */
  private static final long MOST_BYTES = 1L << 30;

  private final CudaDevice device;
  private final Reflecting reflecting;

  Jacobi(CudaDevice device, Reflecting reflecting) {
    this.device = device;
    this.reflecting = reflecting;
  }

  private static long padded(long n) {
    return Math.ceilDiv(n, SIDE) * SIDE;
  }

  /** Arrays that are given back when the last launch that uses them is in the stream. */
  static final class Temporaries implements AutoCloseable {
    private final Strided of;
    private final List<Strided> taken = new ArrayList<>();

    Temporaries(Strided of) {
      this.of = of;
    }

    Strided take(DType dtype, long... sizes) {
      Strided made = of.like(Shape.of(sizes), dtype);
      taken.add(made);
      return made;
    }

    @Override
    public void close() {
      taken.forEach(each -> each.storage().free());
    }
  }

  /** A part of a batch of contiguous arrays of so many dimensions. */
  static Strided part(Strided a, int dims, long from, long count) {
    long[] sizes = new long[dims + 1];
    sizes[0] = count;
    long each = 1;
    for (int i = 0; i < dims; i++) {
      sizes[i + 1] = a.layout().size(i - dims);
      each *= sizes[i + 1];
    }
    var shape = Shape.of(sizes);
    return a.with(
        Layout.of(shape, shape.contiguous().strides(), a.layout().offset() + from * each));
  }

  /**
   * A batch of matrices on its way.
   *
   * @param rows of what is turned, and {@code side} its columns: both padded
   * @param symmetric what is turned from both sides, or null
   * @param turned from the right, or null
   * @param vectors what turns it, or null
   */
  private record Task(
      long batch,
      long rows,
      long side,
      @Nullable Strided symmetric,
      @Nullable Strided turned,
      @Nullable Strided vectors,
      Strided sizes,
      Strided info,
      Strided sweeps) {
    Strided any() {
      return symmetric != null ? symmetric : Objects.requireNonNull(turned);
    }

    /** Adds the {@code struct Course}. */
    Launch course(Launch launch) {
      return launch.struct(launch.use(info), launch.use(sweeps), SWEEPS);
    }
  }

  private Launch launch(String kernel, Strided of, long batch) {
    return device.launch(FILE, kernel + "<" + Types.of(of) + ">").integer(batch);
  }

  private void runOver(Launch launch, long items, long batch) {
    launch.run(Grid.of(device.blocks(items), rows(batch)), Grid.of(CudaDevice.BLOCK), 0);
  }

  private static int rows(long batch) {
    return (int) Math.min(batch, MOST_BLOCKS);
  }

  /** Scales and pads the matrices. */
  private void begin(Task task, Strided a, boolean symmetric, boolean lower) {
    long m = a.layout().size(-1);
    long n = a.layout().size(-2);
    Launch sizes = launch("jacobi_sizes", a, task.batch).integer(m).integer(n);
    sizes.integer(symmetric ? 1 : 0).integer(lower ? 1 : 0).pointer(a).pointer(task.sizes);
    task.course(sizes).run(Grid.of(rows(task.batch)), Grid.of(CudaDevice.BLOCK), 0);
    Launch begin = launch("jacobi_begin", a, task.batch).integer(m).integer(n);
    begin.integer(symmetric ? 1 : 0).integer(lower ? 1 : 0).divisor(task.rows).integer(task.side);
    begin.pointer(a).pointer(task.sizes).pointer(task.any()).pointerOrNull(task.vectors);
    runOver(begin, task.rows * task.side, task.batch);
  }

  /**
   * Returns matrices as the reflections take them: scaled, and the transposes of those that are
   * wider than high.
   *
   * @param sizes become the greatest size of each
   * @param info becomes -1 of each that has NaN or infinity, and 0 of the others
   */
  Strided scaled(Strided a, Strided sizes, Strided info, Temporaries temporaries) {
    long batch = a.layout().size(0);
    long most = Math.max(a.layout().size(-1), a.layout().size(-2));
    long least = Math.min(a.layout().size(-1), a.layout().size(-2));
    Strided scaled = temporaries.take(a.dtype(), batch, least, most);
    Strided sweeps = temporaries.take(DType.INT32, batch, SWEEPS);
    begin(new Task(batch, most, least, null, scaled, null, sizes, info, sweeps), a, false, false);
    return scaled;
  }

  /** Turns the matrices until nothing more is to be turned. */
  private void turn(Task task, Temporaries temporaries) {
    int pairs = Math.toIntExact(task.side / SIDE);
    DType dtype = task.any().dtype();
    Strided turns = temporaries.take(dtype, task.batch, pairs, SIDE, SIDE);
    Strided moved = temporaries.take(DType.INT32, task.batch, pairs);
    boolean symmetric = task.symmetric != null;
    long tiles =
        (symmetric ? pairs : 0)
            + (task.turned == null ? 0 : task.rows / SIDE)
            + (task.vectors == null ? 0 : pairs);
    Grid each = Grid.of(pairs, rows(task.batch));
    Grid all = new Grid(pairs, (int) Math.min(tiles, MOST_BLOCKS), rows(task.batch));
    Grid block = Grid.of(CudaDevice.BLOCK);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      for (int round = 0; round < 2 * pairs - 1; round++) {
        Launch find =
            symmetric
                ? launch("turn_symmetric", task.any(), task.batch)
                : launch("turn_columns", task.any(), task.batch).integer(task.rows);
        task.course(find.integer(task.side).integer(sweep).integer(round)).pointer(task.any());
        find.struct(find.use(turns), find.use(moved)).run(each, block, 0);
        Launch apply = launch("turn_all", task.any(), task.batch).integer(task.rows);
        task.course(apply.integer(task.side).integer(sweep).integer(round))
            .pointerOrNull(task.symmetric)
            .pointerOrNull(task.turned)
            .pointerOrNull(task.vectors)
            .struct(apply.use(turns), apply.use(moved))
            .run(all, block, 0);
      }
    }
  }

  /**
   * Values in their order.
   *
   * @param orders where each of them belongs
   * @param some how many are more than nothing
   */
  private record Values(Strided values, Strided orders, Strided some) {}

  /** Orders the values of n columns. */
  private Values values(Task task, long n, Strided found, Strided values, Temporaries temporaries) {
    Values made =
        new Values(
            values,
            temporaries.take(DType.INT64, task.batch, n),
            temporaries.take(DType.INT64, task.batch));
    Launch launch = launch("jacobi_values", found, task.batch).integer(n).integer(task.side);
    launch
        .pointerOrNull(task.symmetric)
        .pointer(task.sizes)
        .pointer(found)
        .pointer(values)
        .pointer(made.orders)
        .pointer(made.some);
    task.course(launch).run(Grid.of(rows(task.batch)), Grid.of(CudaDevice.BLOCK), 0);
    return made;
  }

  // ---- eigenvalues

  void eigh(Vectors vectors, Triangle triangle, Strided a, Strided values, Strided info) {
    long n = a.layout().size(-1);
    long side = padded(n);
    inParts(
        a,
        3 * side * side,
        (from, count) ->
            eigh(
                vectors != Vectors.NONE,
                triangle,
                part(a, 2, from, count),
                part(values, 1, from, count),
                part(info, 0, from, count)));
  }

  private void eigh(boolean some, Triangle triangle, Strided a, Strided values, Strided info) {
    long batch = a.layout().size(0);
    long n = a.layout().size(-1);
    long side = padded(n);
    DType dtype = a.dtype();
    try (var temporaries = new Temporaries(a)) {
      Strided symmetric = temporaries.take(dtype, batch, side, side);
      Strided vectors = some ? temporaries.take(dtype, batch, side, side) : null;
      Task task =
          new Task(
              batch,
              side,
              side,
              symmetric,
              null,
              vectors,
              temporaries.take(dtype, batch),
              info,
              temporaries.take(DType.INT32, batch, SWEEPS));
      begin(task, a, true, triangle == Triangle.LOWER);
      turn(task, temporaries);
      Values found = values(task, n, temporaries.take(dtype, batch, side), values, temporaries);
      if (vectors != null) {
        put(new Put(vectors, side, null, found), new Vector(a, n, n, false), n);
      }
    }
  }

  /**
   * Columns that go to others, in the order of their values.
   *
   * @param lengths of the columns, which are divided by them, or null
   */
  private record Put(Strided columns, long leading, @Nullable Strided lengths, Values order) {}

  /**
   * Where they go: columns of so many rows of {@code y}, or of its transpose.
   *
   * @param all how many it has
   */
  private record Vector(Strided y, long rows, long all, boolean transposed) {}

  /** Puts n columns to their places. */
  private void put(Put put, Vector to, long n) {
    long batch = put.columns.layout().size(0);
    long side = put.columns.layout().size(1);
    Launch launch = launch("put_vectors", put.columns, batch).divisor(to.rows).integer(n);
    launch.integer(to.all).integer(to.transposed ? 1 : 0).integer(put.leading);
    launch
        .integer(put.leading * side)
        .pointer(put.columns)
        .pointerOrNull(put.lengths)
        .integer(side)
        .pointer(put.order.orders)
        .pointer(put.order.some)
        .pointer(to.y);
    runOver(launch, to.rows * n, batch);
  }

  // ---- singular values

  void svd(Vectors vectors, Strided a, Strided u, Strided s, Strided vh, Strided info) {
    long m = a.layout().size(-1);
    long n = a.layout().size(-2);
    long rows = padded(Math.max(m, n));
    long side = padded(Math.min(m, n));
    inParts(
        a,
        (vectors == Vectors.ALL ? 2 * rows : 3 * side) * rows + 2 * side * side,
        (from, count) ->
            svd(
                vectors,
                new Factors(
                    part(a, 2, from, count),
                    vectors == Vectors.NONE ? u : part(u, 2, from, count),
                    part(s, 1, from, count),
                    vectors == Vectors.NONE ? vh : part(vh, 2, from, count)),
                part(info, 0, from, count)));
  }

  /** The operands of a factorisation. */
  record Factors(Strided a, Strided u, Strided s, Strided vh) {}

  private void svd(Vectors vectors, Factors of, Strided info) {
    Strided a = of.a;
    long batch = a.layout().size(0);
    long m = a.layout().size(-1);
    long n = a.layout().size(-2);
    boolean wide = m < n;
    long most = Math.max(m, n);
    long least = Math.min(m, n);
    long rows = padded(most);
    long side = padded(least);
    DType dtype = a.dtype();
    boolean some = vectors != Vectors.NONE;
    try (var temporaries = new Temporaries(a)) {
      Strided turned = temporaries.take(dtype, batch, side, rows);
      Task task =
          new Task(
              batch,
              rows,
              side,
              null,
              turned,
              some ? temporaries.take(dtype, batch, side, side) : null,
              temporaries.take(dtype, batch),
              info,
              temporaries.take(DType.INT32, batch, SWEEPS));
      begin(task, a, false, false);
      turn(task, temporaries);
      Strided lengths = temporaries.take(dtype, batch, side);
      Launch launch = launch("column_sizes", a, batch).integer(rows).integer(side);
      runOver(launch.pointer(turned).pointer(lengths), side * SIDE, batch);
      Values order = values(task, least, lengths, of.s, temporaries);
      if (task.vectors != null) {
        Strided y = wide ? of.vh : of.u;
        long all = wide ? of.vh.layout().size(-1) : of.u.layout().size(-2);
        Put put = new Put(turned, rows, lengths, order);
        Vector to = new Vector(y, most, all, wide);
        put(put, to, least);
        Vector others = new Vector(wide ? of.u : of.vh, least, least, !wide);
        put(new Put(task.vectors, side, null, order), others, least);
        complete(put, to, least, temporaries);
      }
    }
  }

  /** Where columns are nothing or missing, y gets others that are orthogonal to all there are. */
  private void complete(Put put, Vector to, long n, Temporaries temporaries) {
    long batch = put.columns.layout().size(0);
    DType dtype = to.y.dtype();
    Strided reflections = temporaries.take(dtype, batch, n, to.rows);
    Strided tau = temporaries.take(dtype, batch, n);
    Strided q = temporaries.take(dtype, batch, to.all, to.rows);
    put(put, new Vector(reflections, to.rows, n, false), n);
    reflecting.qr(reflections, tau);
    reflecting.orthogonal(reflections, tau, q);
    Launch launch = launch("put_rest", q, batch).divisor(to.rows).integer(to.all);
    launch.integer(to.transposed ? 1 : 0).pointer(q).pointer(put.order.some).pointer(to.y);
    runOver(launch, to.rows * to.all, batch);
  }

  // ---- batches

  @FunctionalInterface
  interface OfPart {
    void run(long from, long count);
  }

  /** Runs a task for as many matrices at a time as have room for so many numbers each. */
  static void inParts(Strided a, long each, OfPart task) {
    long batch = a.numel() / (a.layout().size(-1) * a.layout().size(-2));
    long count = Math.clamp(MOST_BYTES / (each * a.dtype().size()), 1, batch);
    for (long from = 0; from < batch; from += count) {
      task.run(from, Math.min(count, batch - from));
    }
  }
}
