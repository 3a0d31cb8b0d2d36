package dev.chagres.backend.cuda;

import dev.chagres.backend.Strided;
import dev.chagres.backend.cuda.Jacobi.Temporaries;
import dev.chagres.core.DType;
import dev.chagres.core.Driver;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.primitive.Factorizations.Vectors;

/**
 * Least squares and singular values of large matrices by way of their triangles: what the
 * reflections leave is square, and reflections are products for the most part. A matrix that is
 * wider than high is taken as its transpose. Of singular values it is the triangles' rows that are
 * turned, which are the smaller the later they come: columns of the whole matrix, all of one size,
 * need the more rotations the less the least values are.
 */
final class TallMatrices {
  private static final String FILE = "tall.cu";
  private static final int MOST_BLOCKS = 65_535;

  private final CudaDevice device;
  private final Factoring factoring;
  private final Reflecting reflecting;
  private final Jacobi jacobi;

  TallMatrices(CudaDevice device, Factoring factoring, Reflecting reflecting, Jacobi jacobi) {
    this.device = device;
    this.factoring = factoring;
    this.reflecting = reflecting;
    this.jacobi = jacobi;
  }

  private static long rows(Strided a) {
    return a.layout().size(-1);
  }

  private static long columns(Strided a) {
    return a.layout().size(-2);
  }

  private static long batch(Strided a) {
    return a.layout().size(0);
  }

  private static boolean isWide(Strided a) {
    return rows(a) < columns(a);
  }

  private static long most(Strided a) {
    return Math.max(rows(a), columns(a));
  }

  private static long least(Strided a) {
    return Math.min(rows(a), columns(a));
  }

  private Launch launch(String kernel, Strided of) {
    return device.launch(FILE, kernel + "<" + Types.of(of) + ">").integer(batch(of));
  }

  /** Runs a kernel that has a block for each matrix. */
  private static void runEach(Launch launch, Strided of) {
    launch.run(Grid.of((int) Math.min(batch(of), MOST_BLOCKS)), Grid.of(CudaDevice.BLOCK), 0);
  }

  /** Runs a kernel whose threads share out so many items of each matrix. */
  private void runOver(Launch launch, long items, Strided of) {
    launch.run(
        Grid.of(device.blocks(items), (int) Math.min(batch(of), MOST_BLOCKS)),
        Grid.of(CudaDevice.BLOCK),
        0);
  }

  /**
   * Matrices as reflections and triangles.
   *
   * @param q the reflections, of the transposes if the matrices are wide
   * @param triangle R, or its transpose
   */
  private record Reflected(Strided q, Strided tau, Strided triangle) {}

  private Reflected reflect(
      Strided a, boolean transposed, Strided sizes, Strided info, Temporaries temporaries) {
    long least = least(a);
    Strided q = jacobi.scaled(a, sizes, info, temporaries);
    Strided tau = temporaries.take(a.dtype(), batch(a), least);
    reflecting.qr(q, tau);
    Strided triangle = temporaries.take(a.dtype(), batch(a), least, least);
    Launch take = launch("take_triangle", q).integer(rows(q)).divisor(least);
    take.integer(transposed ? 1 : 0).pointer(q).pointer(triangle);
    runOver(take, least * least, q);
    return new Reflected(q, tau, triangle);
  }

  /** Gives values of scaled matrices the matrices' scale. */
  private void unscale(Strided sizes, Strided before, Strided values, Strided info) {
    Launch launch = launch("unscale_values", values).integer(values.layout().size(-1));
    runEach(launch.pointer(sizes).pointer(before).pointer(values).pointer(info), values);
  }

  // ---- singular values

  void svd(Vectors vectors, Strided a, Strided u, Strided s, Strided vh, Strided info) {
    boolean none = vectors == Vectors.NONE;
    Jacobi.inParts(
        a,
        (most(a) + 3 * least(a)) * least(a),
        (from, count) ->
            svd(
                vectors,
                new Jacobi.Factors(
                    Jacobi.part(a, 2, from, count),
                    none ? u : Jacobi.part(u, 2, from, count),
                    Jacobi.part(s, 1, from, count),
                    none ? vh : Jacobi.part(vh, 2, from, count)),
                Jacobi.part(info, 0, from, count)));
  }

  private void svd(Vectors vectors, Jacobi.Factors of, Strided info) {
    Strided a = of.a();
    DType dtype = a.dtype();
    long batch = batch(a);
    long least = least(a);
    boolean wide = isWide(a);
    try (var temporaries = new Temporaries(a)) {
      Strided sizes = temporaries.take(dtype, batch);
      Strided before = temporaries.take(DType.INT32, batch);
      Reflected all = reflect(a, true, sizes, before, temporaries);
      if (vectors == Vectors.NONE) {
        factoring.turn(vectors, all.triangle, of.u(), of.s(), of.vh(), info);
      } else {
        Strided left = wide ? of.u() : temporaries.take(dtype, batch, least, least);
        Strided right = temporaries.take(dtype, batch, least, least);
        factoring.turn(Vectors.THIN, all.triangle, left, of.s(), right, info);
        Strided y = wide ? of.vh() : of.u();
        putCorner(right, !wide, y);
        if (!wide) {
          putCorner(left, true, of.vh());
        }
        Side side = wide ? Side.RIGHT : Side.LEFT;
        reflecting.times(side, wide ? Transposed.YES : Transposed.NO, all.q, all.tau, y);
      }
      unscale(sizes, before, of.s(), info);
    }
  }

  private void putCorner(Strided x, boolean transposed, Strided y) {
    Launch put = launch("put_corner", y).integer(rows(x)).integer(transposed ? 1 : 0);
    put.divisor(rows(y)).integer(columns(y)).pointer(x).pointer(y);
    runOver(put, rows(y) * columns(y), y);
  }

  // ---- least squares

  /** The operands of {@code LinearAlgebra.leastSquares}. */
  record Least(Strided a, Strided b, Strided rank, Strided s, Strided info) {}

  void leastSquares(Driver driver, double level, Least of) {
    Strided a = of.a;
    Jacobi.inParts(
        a,
        (most(a) + 4 * least(a)) * least(a),
        (from, count) -> {
          Least part =
              new Least(
                  Jacobi.part(a, 2, from, count),
                  Jacobi.part(of.b, 2, from, count),
                  Jacobi.part(of.rank, 0, from, count),
                  Jacobi.part(of.s, 1, from, count),
                  Jacobi.part(of.info, 0, from, count));
          if (driver == Driver.GELS) {
            byTriangle(part);
          } else {
            bySingularValues(part, level);
          }
        });
  }

  /** How the triangle's systems are solved: {@code y} becomes the solution. */
  @FunctionalInterface
  private interface Solution {
    void of(Strided triangle, Strided y);
  }

  private void byTriangle(Least of) {
    try (var temporaries = new Temporaries(of.a)) {
      Strided sizes = temporaries.take(of.a.dtype(), batch(of.a));
      solve(
          of,
          isWide(of.a),
          sizes,
          of.info,
          temporaries,
          (triangle, y) -> {
            Launch zero = launch("find_zero", triangle).integer(rows(triangle));
            runEach(zero.pointer(triangle).pointer(of.info), triangle);
            factoring.solve(triangle, isWide(of.a), y);
          });
    }
  }

  private void bySingularValues(Least of, double level) {
    DType dtype = of.a.dtype();
    long batch = batch(of.a);
    long least = least(of.a);
    try (var temporaries = new Temporaries(of.a)) {
      Strided sizes = temporaries.take(dtype, batch);
      Strided before = temporaries.take(DType.INT32, batch);
      solve(
          of,
          true,
          sizes,
          before,
          temporaries,
          (triangle, y) -> {
            Strided u = temporaries.take(dtype, batch, least, least);
            Strided vh = temporaries.take(dtype, batch, least, least);
            factoring.turn(Vectors.THIN, triangle, u, of.s, vh, of.info);
            boolean wide = isWide(of.a);
            Transposed way = wide ? Transposed.YES : Transposed.NO;
            Strided parts = temporaries.take(dtype, batch, columns(y), least);
            reflecting.multiply(way, wide ? u : vh, y, parts);
            Launch divide = launch("divide_rows", y).divisor(least).integer(columns(y));
            divide = dtype == DType.FLOAT64 ? divide.float64(level) : divide.float32(level);
            divide.pointer(of.s).pointer(parts).pointer(of.rank);
            runOver(divide, least * columns(y), y);
            reflecting.multiply(way, wide ? vh : u, parts, y);
            unscale(sizes, before, of.s, of.info);
          });
    }
  }

  private void solve(
      Least of,
      boolean transposed,
      Strided sizes,
      Strided info,
      Temporaries temporaries,
      Solution solution) {
    Strided a = of.a;
    Strided b = of.b;
    long least = least(a);
    long most = most(a);
    long count = columns(b);
    Reflected all = reflect(a, transposed, sizes, info, temporaries);
    Strided unknown = temporaries.take(DType.INT32, batch(a));
    Launch begin = launch("begin_least", b).integer(rows(a)).integer(most).integer(count);
    runEach(begin.pointer(b).pointer(unknown), b);
    if (!isWide(a)) {
      reflecting.times(Side.LEFT, Transposed.YES, all.q, all.tau, b);
    }
    Strided y = temporaries.take(a.dtype(), batch(a), count, least);
    Launch take = launch("take_rows", b).divisor(least).integer(most).integer(count);
    runOver(take.pointer(b).pointer(y), least * count, b);
    solution.of(all.triangle, y);
    Launch put = launch("put_rows", b).integer(least).divisor(most).integer(count);
    put.pointer(sizes).pointer(unknown).pointer(y).pointer(b);
    runOver(put, most * count, b);
    if (isWide(a)) {
      reflecting.times(Side.LEFT, Transposed.NO, all.q, all.tau, b);
    }
  }
}
