package dev.chagres.backend.cuda;

import dev.chagres.backend.LinearAlgebra;
import dev.chagres.backend.Operands;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Diagonal;
import dev.chagres.core.Driver;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.primitive.Factorizations.Vectors;
import dev.chagres.primitive.Triangular;
import java.lang.ref.Reference;

/**
 * Factorisations by kernels of our own: a block for each matrix of a batch, or for a large one many
 * blocks, and cuBLAS for what are products there.
 */
final class Factoring implements LinearAlgebra {
  private static final String FACTORS = "factor.cu";
  private static final String SPECTRA = "spectra.cu";

  /** Blocks that have a space of their own, for each multiprocessor. */
  private static final int BLOCKS = 2;

  private static final int MOST_BLOCKS = 65_535;

  /** Sides up to which one block factors a matrix, unless a test says otherwise. */
  private static final long LARGE = 128;

  /** As in {@code factor.cu}. */
  private static final long PANEL = 32;

  private static final int WARP = 32;

  /** What arrays in a space may begin behind the one before. */
  private static final int ALIGNMENT = 16;

  private static final int ROTATION_NUMBERS = 3;

  /** How many times as high as wide a large matrix is of which the triangle is taken instead. */
  private static final int TALL = 2;

  /**
   * How many times as large a symmetric matrix is that many blocks work for: its columns have two
   * launches each, which have to pay.
   */
  private static final int LARGE_SYMMETRIC = 4;

  /** Numbers of the {@code struct Progress}. */
  private static final int PROGRESS = 3;

  private final CudaDevice device;
  private final Reflecting reflecting;
  private final Jacobi jacobi;
  private final TallMatrices tall;
  private final long large;

  Factoring(CudaDevice device) {
    this(device, LARGE);
  }

  /** With another side up to which one block factors a matrix. */
  Factoring(CudaDevice device, long large) {
    this.device = device;
    this.large = large;
    reflecting = new Reflecting(device);
    jacobi = new Jacobi(device, reflecting);
    tall = new TallMatrices(device, this, reflecting, jacobi);
  }

  /** Whether one block would take long for reflections of so many rows of so many columns. */
  private boolean isLarge(long rows, long columns) {
    return rows * columns > large * large;
  }

  private static long rows(Strided a) {
    return a.layout().size(-1);
  }

  private static long columns(Strided a) {
    return a.layout().size(-2);
  }

  private static long batch(Strided a) {
    return a.numel() / Math.max(1, rows(a) * columns(a));
  }

  private Launch launch(String file, String kernel, Strided a) {
    return device.launch(file, kernel + "<" + Types.of(a) + ">").integer(batch(a));
  }

  /** As many threads as the greatest side has elements: a power of 2, full warps. */
  private static Grid threads(long side) {
    long power = Long.highestOneBit(Math.max(1, side - 1)) << 1;
    return Grid.of(Math.clamp(power, WARP, CudaDevice.BLOCK));
  }

  private static void run(Launch launch, long blocks, long side) {
    launch.run(Grid.of((int) Math.min(blocks, MOST_BLOCKS)), threads(side), 0);
  }

  private static void run(Launch launch, Strided a) {
    run(launch, batch(a), Math.max(rows(a), columns(a)));
  }

  /** Runs a kernel whose blocks have spaces, of arrays of so many bytes. */
  private void runInSpace(Launch launch, Strided a, long... arrays) {
    long each = 0;
    for (long bytes : arrays) {
      each += Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    }
    long blocks = Math.min(batch(a), (long) BLOCKS * device.properties().multiprocessors());
    try (var space = device.workspace(blocks * each)) {
      run(launch.space(space.storage(), each), blocks, Math.max(rows(a), columns(a)));
    }
  }

  private static long flag(boolean set) {
    return set ? 1 : 0;
  }

  private static Faults.Fault pivot(String operation, long rows) {
    return value ->
        new IndexOutOfBoundsException(
            operation + ": there is no row " + value + " to exchange, of " + rows);
  }

  // ---- systems of equations

  @Override
  public void lu(Strided a, Strided pivots, Strided info) {
    long least = Math.min(rows(a), columns(a));
    long width = least > large ? PANEL : Math.max(1, columns(a));
    for (long k = 0; k < Math.max(1, least); k += width) {
      long own = least > large ? Math.min(width, least - k) : columns(a);
      Launch panel = launch(FACTORS, "lu", a).integer(rows(a)).integer(columns(a));
      panel.integer(k).integer(own).pointer(a).pointer(pivots).pointer(info);
      run(panel, a);
      if (least > large) {
        luRest(a, pivots, k, own);
      }
    }
  }

  /** What a panel of a large matrix changes beside it: a product, but for a few rows. */
  private void luRest(Strided a, Strided pivots, long k, long width) {
    long rows = rows(a);
    long columns = columns(a);
    Launch exchange = launch(FACTORS, "exchange_beside", a).integer(rows).integer(columns);
    exchange.integer(k).integer(width).pointer(a).pointer(pivots);
    runOver(exchange, columns, a);
    long m = rows - k - width;
    long n = columns - k - width;
    if (n > 0) {
      Launch beside = launch(FACTORS, "lu_beside", a).integer(rows).integer(columns);
      runOver(beside.integer(k).integer(width).pointer(a), n, a);
    }
    if (n > 0 && m > 0) {
      long end = k + width;
      subtract(
          a,
          new long[] {m, n, width},
          part(a, end, k, Transposed.NO),
          part(a, k, end, Transposed.NO),
          part(a, end, end, Transposed.NO));
    }
  }

  /** Runs a kernel whose threads share out so many columns of each matrix. */
  private static void runOver(Launch launch, long count, Strided a) {
    int blocks = Math.toIntExact(Math.ceilDiv(count, CudaDevice.BLOCK));
    launch.run(
        Grid.of(blocks, (int) Math.min(batch(a), MOST_BLOCKS)), Grid.of(CudaDevice.BLOCK), 0);
  }

  private static Cublas.Matrices part(Strided a, long row, long column, Transposed transposed) {
    long rows = rows(a);
    long address = CudaDevice.address(a) + (row + column * rows) * a.dtype().size();
    return new Cublas.Matrices(address, transposed, Math.toIntExact(rows), rows * columns(a));
  }

  /** {@code c -= a b}, for parts of the matrices of a batch, of these sizes. */
  private void subtract(
      Strided of, long[] sizes, Cublas.Matrices a, Cublas.Matrices b, Cublas.Matrices c) {
    Cublas.Sizes all =
        new Cublas.Sizes(
            Math.toIntExact(sizes[0]),
            Math.toIntExact(sizes[1]),
            Math.toIntExact(sizes[2]),
            Math.toIntExact(batch(of)));
    device.cublas().exactGemm(of.dtype(), all, new double[] {-1, 1}, a, b, c);
    Reference.reachabilityFence(of);
  }

  @Override
  public void order(Strided pivots, Strided order) {
    long rows = order.layout().size(-1);
    long batch = order.numel() / Math.max(1, rows);
    if (batch > 0) {
      device
          .launch(FACTORS, "row_order")
          .integer(batch)
          .integer(pivots.layout().size(-1))
          .integer(rows)
          .pointer(pivots)
          .pointer(order)
          .fault(pivot("luUnpack", rows))
          .share(batch);
    }
  }

  /**
   * A triangle of large matrices, as it is solved with.
   *
   * @param byRows whether matrices lie row by row
   * @param turned whether what is stored is its transpose
   */
  private record Triangles(Strided a, boolean byRows, boolean turned, boolean lower, boolean unit) {
    /** What it has from a row and a column on, as cuBLAS takes it to multiply with. */
    Cublas.Matrices part(long row, long column) {
      boolean there = byRows == turned;
      return Factoring.part(
          a, there ? row : column, there ? column : row, turned ? Transposed.YES : Transposed.NO);
    }
  }

  /** {@code b} becomes the solution, some rows after others, between which there are products. */
  private void substitute(Triangles of, Strided b) {
    long n = rows(of.a);
    long count = of.byRows ? rows(b) : columns(b);
    long panels = Math.ceilDiv(n, PANEL);
    for (long i = 0; i < panels; i++) {
      long k = (of.lower ? i : panels - 1 - i) * PANEL;
      long width = Math.min(PANEL, n - k);
      Launch panel = launch(FACTORS, "substitute_panel", b).integer(n).integer(count);
      panel.integer(k).integer(width).integer(flag(of.byRows)).integer(flag(of.turned));
      panel.integer(flag(of.lower)).integer(flag(of.unit)).pointer(of.a).pointer(b);
      runOver(panel, count, b);
      long from = of.lower ? k + width : 0;
      long rest = of.lower ? n - from : k;
      if (rest > 0 && of.byRows) {
        subtract(
            b,
            new long[] {count, rest, width},
            part(b, 0, k, Transposed.NO),
            of.part(from, k),
            part(b, 0, from, Transposed.NO));
      } else if (rest > 0) {
        subtract(
            b,
            new long[] {rest, count, width},
            of.part(from, k),
            part(b, k, 0, Transposed.NO),
            part(b, from, 0, Transposed.NO));
      }
      Reference.reachabilityFence(of.a);
    }
  }

  /** {@code b} becomes the solution for triangles of any size, which lie column by column. */
  void solve(Strided triangle, boolean lower, Strided b) {
    substitute(new Triangles(triangle, false, false, lower, false), b);
  }

  private void exchange(Strided pivots, boolean back, Strided b) {
    Launch launch = launch(FACTORS, "exchange_rows", b).integer(rows(b)).integer(columns(b));
    launch.integer(flag(back)).pointer(pivots).pointer(b);
    runOver(launch.fault(pivot("luSolve", rows(b))), columns(b), b);
  }

  private void solveLarge(boolean turned, Strided packed, Strided pivots, Strided b) {
    if (!turned) {
      exchange(pivots, false, b);
    }
    substitute(new Triangles(packed, false, turned, true, !turned), b);
    substitute(new Triangles(packed, false, turned, false, turned), b);
    if (turned) {
      exchange(pivots, true, b);
    }
  }

  @Override
  public void luSolve(Transposed transposed, Strided packed, Strided pivots, Strided b) {
    if (rows(packed) > large) {
      solveLarge(transposed != Transposed.NO, packed, pivots, b);
      return;
    }
    Launch launch = launch(FACTORS, "lu_solve", packed).integer(rows(packed)).integer(columns(b));
    launch.integer(flag(transposed != Transposed.NO)).pointer(packed).pointer(pivots).pointer(b);
    run(launch.fault(pivot("luSolve", rows(packed))), b);
  }

  @Override
  public void solveTriangular(Triangular form, Strided a, Strided b) {
    if (rows(a) > large) {
      boolean turned = form.transposed() != Transposed.NO;
      boolean lower = (form.triangle() == Triangle.LOWER) != turned;
      boolean unit = form.diagonal() == Diagonal.ONES;
      substitute(new Triangles(a, true, turned, lower, unit), b);
      return;
    }
    Launch launch = launch(FACTORS, "solve_triangular", a).integer(rows(a)).integer(rows(b));
    launch
        .integer(flag(form.triangle() == Triangle.LOWER))
        .integer(flag(form.transposed() != Transposed.NO))
        .integer(flag(form.diagonal() == Diagonal.ONES))
        .pointer(a)
        .pointer(b);
    run(launch, b);
  }

  @Override
  public void cholesky(Triangle triangle, Strided a, Strided info) {
    long n = rows(a);
    if (n <= large) {
      choleskyPanel(triangle, a, 0, n, info);
      return;
    }
    long bytes = a.numel() * a.dtype().size();
    long lower = flag(triangle == Triangle.LOWER);
    try (var kept = device.workspace(bytes)) {
      device.copy(CudaDevice.address(a), kept.address(), bytes);
      for (long k = 0; k < n; k += PANEL) {
        long width = Math.min(PANEL, n - k);
        choleskyPanel(triangle, a, k, width, info);
        long rest = n - k - width;
        if (rest > 0) {
          Launch below = launch(FACTORS, "cholesky_below", a).integer(n).integer(lower);
          runOver(below.integer(k).integer(width).pointer(a), rest, a);
          choleskyRest(triangle, a, k, k + width);
        }
      }
      Launch restore = launch(FACTORS, "restore", a).divisor(n).integer(lower);
      restore.pointer(kept.storage()).pointer(a).share(a.numel());
    }
  }

  private void choleskyPanel(Triangle triangle, Strided a, long k, long width, Strided info) {
    Launch launch = launch(FACTORS, "cholesky", a).integer(rows(a));
    launch.integer(flag(triangle == Triangle.LOWER)).integer(k).integer(width);
    run(launch.pointer(a).pointer(info), a);
  }

  /** What lies behind a panel loses its product with its transpose, in both triangles. */
  private void choleskyRest(Triangle triangle, Strided a, long k, long end) {
    boolean lower = triangle == Triangle.LOWER;
    long rest = rows(a) - end;
    long row = lower ? end : k;
    long column = lower ? k : end;
    subtract(
        a,
        new long[] {rest, rest, end - k},
        part(a, row, column, lower ? Transposed.NO : Transposed.YES),
        part(a, row, column, lower ? Transposed.YES : Transposed.NO),
        part(a, end, end, Transposed.NO));
  }

  @Override
  public void ldl(Strided a, Strided pivots, Strided info) {
    long n = rows(a);
    if (n > LARGE_SYMMETRIC * large) {
      ldlSteps(a, pivots, info);
      return;
    }
    Launch launch = launch(FACTORS, "ldl", a).integer(n);
    run(launch.pointer(a).pointer(pivots).pointer(info), a);
  }

  /**
   * Each column, or two, in a launch that exchanges and one of many blocks for all that is behind;
   * how many a step takes the device alone knows, and launches after the last do nothing.
   */
  private void ldlSteps(Strided a, Strided pivots, Strided info) {
    long n = rows(a);
    long bytes = batch(a) * PROGRESS * Long.BYTES;
    try (var progress = device.workspace(bytes)) {
      device.fill(progress.address(), 0, bytes);
      for (long step = 0; step <= n; step++) {
        Launch own = launch(FACTORS, "ldl_step", a).integer(n).pointer(a).pointer(pivots);
        run(own.pointer(info).pointer(progress.storage()), batch(a), CudaDevice.BLOCK);
        long rest = n - step - 1;
        if (rest > 0) {
          Launch behind = launch(FACTORS, "ldl_rest", a).integer(n).pointer(a);
          runOver(behind.pointer(progress.storage()), rest * WARP, a);
        }
      }
    }
  }

  @Override
  public void ldlSolve(Strided packed, Strided pivots, Strided b) {
    long n = rows(packed);
    if (n > large) {
      Elementwise.withTemporary(
          packed.like(packed.shape(), packed.dtype()), l -> ldlSolve(packed, pivots, l, b));
      return;
    }
    Launch launch = launch(FACTORS, "ldl_solve", packed).integer(n).integer(columns(b));
    launch.pointer(packed).pointer(pivots).pointer(b);
    run(launch.fault(noExchange(n)), b);
  }

  private static Faults.Fault noExchange(long n) {
    return value -> Operands.noExchange(n, (int) value, value >> Integer.SIZE);
  }

  /** Exchanges all rows first, in L, which {@code l} becomes, as in {@code b}. */
  private void ldlSolve(Strided packed, Strided pivots, Strided l, Strided b) {
    long n = rows(packed);
    long batch = batch(packed);
    long bytes = packed.numel() * packed.dtype().size();
    device.copy(CudaDevice.address(packed), CudaDevice.address(l), bytes);
    Elementwise.withTemporary(
        pivots.like(pivots.shape(), DType.INT32),
        places -> {
          Launch find = device.launch(FACTORS, "ldl_places").integer(batch).integer(n);
          run(find.pointer(pivots).pointer(places).fault(noExchange(n)), batch, WARP);
          Launch exchanges = launch(FACTORS, "ldl_columns", l).integer(n);
          runOver(exchanges.pointer(places).pointer(l), n, l);
          ldlExchange(places, false, b);
          substitute(new Triangles(l, false, false, true, true), b);
          Launch divide = launch(FACTORS, "ldl_divide", b).divisor(n).integer(columns(b));
          runOver(divide.pointer(packed).pointer(places).pointer(b), b.numel() / batch, b);
          substitute(new Triangles(l, false, true, false, true), b);
          ldlExchange(places, true, b);
        });
  }

  private void ldlExchange(Strided places, boolean back, Strided b) {
    Launch launch = launch(FACTORS, "ldl_exchange", b).integer(rows(b)).integer(columns(b));
    runOver(launch.integer(flag(back)).pointer(places).pointer(b), columns(b), b);
  }

  // ---- orthogonal factors

  @Override
  public void qr(Strided a, Strided tau) {
    long rows = rows(a);
    long columns = columns(a);
    if (isLarge(rows, columns)) {
      reflecting.qr(a, tau);
      return;
    }
    Launch launch = launch(FACTORS, "qr", a).integer(rows).integer(columns);
    run(launch.integer(0).integer(columns).pointer(a).pointer(tau), a);
  }

  @Override
  public void orthogonal(Strided a, Strided tau) {
    if (isLarge(rows(a), columns(a))) {
      Elementwise.withTemporary(
          a.like(a.shape(), a.dtype()),
          q -> {
            reflecting.orthogonal(a, tau, q);
            device.copy(CudaDevice.address(q), CudaDevice.address(a), a.numel() * a.dtype().size());
          });
      return;
    }
    Launch launch = launch(FACTORS, "orthogonal", a).integer(rows(a)).integer(columns(a));
    run(launch.integer(tau.layout().size(-1)).pointer(a).pointer(tau), a);
  }

  @Override
  public void timesOrthogonal(Side side, Transposed transposed, Strided a, Strided tau, Strided b) {
    if (isLarge(rows(b), columns(b))) {
      reflecting.times(side, transposed, a, tau, b);
      return;
    }
    Launch launch = launch(FACTORS, "times_orthogonal", b).integer(rows(b)).integer(columns(b));
    launch
        .integer(columns(a))
        .integer(tau.layout().size(-1))
        .integer(flag(side == Side.LEFT))
        .integer(flag(transposed != Transposed.NO))
        .pointer(a)
        .pointer(tau)
        .pointer(b);
    run(launch, b);
  }

  // ---- spectra

  @Override
  public void svd(Vectors vectors, Strided a, Strided u, Strided s, Strided vh, Strided info) {
    long most = Math.max(rows(a), columns(a));
    long least = Math.min(rows(a), columns(a));
    if (least > large || (isLarge(most, least) && most >= TALL * least)) {
      tall.svd(vectors, a, u, s, vh, info);
    } else {
      turn(vectors, a, u, s, vh, info);
    }
  }

  /** The same, of the columns as they are. */
  void turn(Vectors vectors, Strided a, Strided u, Strided s, Strided vh, Strided info) {
    long size = a.dtype().size();
    long most = Math.max(rows(a), columns(a));
    long least = Math.min(rows(a), columns(a));
    if (least > large) {
      jacobi.svd(vectors, a, u, s, vh, info);
      return;
    }
    Launch launch = launch(SPECTRA, "svd", a).integer(rows(a)).integer(columns(a));
    launch.integer(flag(vectors != Vectors.NONE)).integer(flag(vectors == Vectors.ALL));
    launch.pointer(a).pointer(u).pointer(s).pointer(vh).pointer(info);
    runInSpace(
        launch,
        a,
        size * most * least,
        size * least * least,
        size * least,
        size * most,
        Long.BYTES * least);
  }

  @Override
  public void eigh(Vectors vectors, Triangle triangle, Strided a, Strided values, Strided info) {
    boolean some = vectors != Vectors.NONE;
    long size = a.dtype().size();
    long n = rows(a);
    if (n > large) {
      jacobi.eigh(vectors, triangle, a, values, info);
      return;
    }
    Launch launch = launch(SPECTRA, "eigh", a).integer(n).integer(flag(some));
    launch.integer(flag(triangle == Triangle.LOWER)).pointer(a).pointer(values).pointer(info);
    runInSpace(
        launch,
        a,
        some ? size * n * n : 0,
        size * n,
        Long.BYTES * n,
        ROTATION_NUMBERS * size * (n / 2 + 1));
  }

  @Override
  public void leastSquares(
      Driver driver, double rcond, Strided a, Strided b, Strided rank, Strided s, Strided info) {
    long size = a.dtype().size();
    long most = Math.max(rows(a), columns(a));
    long least = Math.min(rows(a), columns(a));
    double level = rcond < 0 ? a.dtype().eps() : rcond;
    if (isLarge(most, least)) {
      tall.leastSquares(driver, level, new TallMatrices.Least(a, b, rank, s, info));
      return;
    }
    Launch launch = launch(SPECTRA, "least_squares", a).integer(rows(a)).integer(columns(a));
    launch.integer(columns(b)).integer(flag(driver == Driver.GELS));
    if (a.dtype() == DType.FLOAT64) {
      launch.float64(level);
    } else {
      launch.float32(level);
    }
    launch.pointer(a).pointer(b).pointer(rank).pointer(s).pointer(info);
    runInSpace(
        launch,
        a,
        size * most * least,
        size * least * least,
        size * least * least,
        size * least * columns(b),
        size * least,
        size * least,
        Long.BYTES * least);
  }
}
