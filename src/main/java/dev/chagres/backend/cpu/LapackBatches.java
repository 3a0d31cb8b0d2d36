package dev.chagres.backend.cpu;

import dev.chagres.backend.LinearAlgebra;
import dev.chagres.backend.Operands;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Driver;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.primitive.Factorizations.Vectors;
import dev.chagres.primitive.Triangular;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** LAPACK, matrix by matrix: the threads of the team share a batch out. */
final class LapackBatches implements LinearAlgebra {
  /** Multiplications that are worth another thread. */
  private static final double GRAIN = 1 << 16;

  private final WorkerTeam team;

  LapackBatches(WorkerTeam team) {
    this.team = team;
  }

  /** One operand: what each matrix of a batch has of it lies side by side. */
  private record Batch(MemorySegment memory, DType dtype, long elements, long rows, long columns) {
    /** Matrices, stored as (…, columns, rows). */
    static Batch ofMatrices(Strided x) {
      long rows = x.layout().size(-1);
      long columns = x.layout().size(-2);
      return new Batch(x.pointer(), x.dtype(), rows * columns, rows, columns);
    }

    static Batch ofVectors(Strided x) {
      long size = x.layout().size(-1);
      return new Batch(x.pointer(), x.dtype(), size, size, 1);
    }

    static Batch ofNumbers(Strided x) {
      return new Batch(x.pointer(), x.dtype(), 1, 1, 1);
    }

    MemorySegment at(long i) {
      return from(i).asSlice(0, elements * dtype.size());
    }

    /** What the i-th matrix and those behind it have. */
    MemorySegment from(long i) {
      return memory.asSlice(i * elements * dtype.size());
    }

    long leading() {
      return Math.max(1, rows);
    }

    void set(long i, int value) {
      memory.setAtIndex(ValueLayout.JAVA_INT, i, value);
    }
  }

  /**
   * Does something for each matrix of a batch; it may use the memory of these operands, which stay
   * reachable until all is done.
   */
  private void each(LongConsumer task, Strided matrices, Strided... others) {
    long rows = matrices.layout().size(-1);
    long columns = matrices.layout().size(-2);
    long count = matrices.numel() / Math.max(1, rows * columns);
    each(count, (double) rows * columns * Math.min(rows, columns), task);
    Reference.reachabilityFence(matrices);
    Reference.reachabilityFence(others);
  }

  private void each(long count, double work, LongConsumer task) {
    team.run(
        count,
        Grain.positions(GRAIN, work),
        (from, to) -> {
          for (long i = from; i < to; i++) {
            task.accept(i);
          }
        });
  }

  /** One routine of LAPACK on the i-th matrix of a batch, which reports a number. */
  @FunctionalInterface
  private interface Reporting {
    int run(long i);
  }

  /** Runs a routine on each matrix of a batch, and writes what it reports. */
  private void each(Strided info, Reporting routine, Strided matrices, Strided... others) {
    Batch infos = Batch.ofNumbers(info);
    each(i -> infos.set(i, routine.run(i)), matrices, others);
    Reference.reachabilityFence(info);
  }

  // ---- systems of equations

  @Override
  public void lu(Strided a, Strided pivots, Strided info) {
    Batch factors = Batch.ofMatrices(a);
    Batch exchanges = Batch.ofVectors(pivots);
    each(
        info,
        i ->
            Lapack.getrf(
                a.dtype(),
                factors.rows(),
                factors.columns(),
                factors.at(i),
                factors.leading(),
                exchanges.at(i)),
        a,
        pivots);
  }

  @Override
  public void order(Strided pivots, Strided order) {
    Batch exchanges = Batch.ofVectors(pivots);
    Batch orders = Batch.ofVectors(order);
    long rows = orders.elements();
    team.run(
        rows == 0 ? 0 : order.numel() / rows,
        Grain.positions(GRAIN, (double) rows),
        (from, to) ->
            Operands.require(
                IndexCalls.rowOrder(
                    to - from, exchanges.elements(), rows, exchanges.from(from), orders.from(from)),
                "luUnpack",
                pivots));
    Reference.reachabilityFence(pivots);
    Reference.reachabilityFence(order);
  }

  /** What solves the i-th system with pivots that no other thread can change any more. */
  @FunctionalInterface
  private interface Solving {
    void run(long i, MemorySegment pivots);
  }

  /**
   * Solves each of a batch of systems with checked copies of its pivots: LAPACK goes wherever they
   * say. The check is a loop in Java; beside the n squared multiplications of a solution it is
   * nothing.
   */
  private void solve(
      Consumer<MemorySegment> check, Solving solving, Strided packed, Strided pivots, Strided b) {
    Batch exchanges = Batch.ofVectors(pivots);
    each(
        i -> {
          try (Scratch scratch = Scratch.take(exchanges.elements() * Integer.BYTES)) {
            MemorySegment copy = scratch.segment();
            copy.copyFrom(exchanges.at(i));
            check.accept(copy);
            solving.run(i, copy);
          }
        },
        b,
        packed,
        pivots);
  }

  @Override
  public void luSolve(Transposed transposed, Strided packed, Strided pivots, Strided b) {
    Batch factors = Batch.ofMatrices(packed);
    Batch solutions = Batch.ofMatrices(b);
    solve(
        copy -> checkRows(copy, factors.rows(), pivots),
        (i, copy) ->
            Lapack.getrs(
                b.dtype(),
                transposed,
                factors.rows(),
                solutions.columns(),
                factors.at(i),
                factors.leading(),
                copy,
                solutions.at(i),
                solutions.leading()),
        packed,
        pivots,
        b);
  }

  private static void checkRows(MemorySegment copy, long rows, Strided pivots) {
    for (long j = 0; j < rows; j++) {
      int row = copy.getAtIndex(ValueLayout.JAVA_INT, j);
      Operands.require(row >= 1 && row <= rows, "luSolve", pivots);
    }
  }

  @Override
  public void solveTriangular(Triangular form, Strided a, Strided b) {
    // Stored row by row, a matrix (m, n) is what Batch calls (n, m).
    Batch triangles = Batch.ofMatrices(a);
    Batch solutions = Batch.ofMatrices(b);
    each(
        i ->
            OpenBlas.trsm(
                b.dtype(),
                form.triangle(),
                form.transposed(),
                form.diagonal(),
                solutions.columns(),
                solutions.rows(),
                1,
                triangles.at(i),
                triangles.leading(),
                solutions.at(i),
                solutions.leading()),
        b,
        a);
  }

  @Override
  public void cholesky(Triangle triangle, Strided a, Strided info) {
    Batch factors = Batch.ofMatrices(a);
    each(
        info,
        i -> Lapack.potrf(a.dtype(), triangle, factors.rows(), factors.at(i), factors.leading()),
        a);
  }

  @Override
  public void ldl(Strided a, Strided pivots, Strided info) {
    Batch factors = Batch.ofMatrices(a);
    Batch exchanges = Batch.ofVectors(pivots);
    each(
        info,
        i ->
            Lapack.sytrf(
                a.dtype(), factors.rows(), factors.at(i), factors.leading(), exchanges.at(i)),
        a,
        pivots);
  }

  @Override
  public void ldlSolve(Strided packed, Strided pivots, Strided b) {
    Batch factors = Batch.ofMatrices(packed);
    Batch solutions = Batch.ofMatrices(b);
    solve(
        copy -> checkBlocks(copy, factors.rows()),
        (i, copy) ->
            Lapack.sytrs(
                b.dtype(),
                factors.rows(),
                solutions.columns(),
                factors.at(i),
                factors.leading(),
                copy,
                solutions.at(i),
                solutions.leading()),
        packed,
        pivots,
        b);
  }

  /**
   * A negative number begins a block of two, and the next has to be its like: LAPACK goes through
   * the blocks from both ends.
   */
  private static void checkBlocks(MemorySegment pivots, long n) {
    for (long j = 0; j < n; j++) {
      int row = pivots.getAtIndex(ValueLayout.JAVA_INT, j);
      boolean pair = row < 0;
      boolean fits =
          row != 0
              && Math.abs((long) row) <= n
              && (!pair || j + 1 < n && pivots.getAtIndex(ValueLayout.JAVA_INT, j + 1) == row);
      if (!fits) {
        throw Operands.noExchange(n, row, j);
      }
      j += pair ? 1 : 0;
    }
  }

  // ---- orthogonal factors

  /** A routine on the i-th of a batch of matrices and of the factors of its reflections. */
  @FunctionalInterface
  private interface Reflecting {
    void run(Batch matrices, Batch taus, long i);
  }

  private void reflections(Strided a, Strided tau, Reflecting routine) {
    Batch matrices = Batch.ofMatrices(a);
    Batch taus = Batch.ofVectors(tau);
    each(i -> routine.run(matrices, taus, i), a, tau);
  }

  @Override
  public void qr(Strided a, Strided tau) {
    reflections(
        a,
        tau,
        (m, taus, i) ->
            Lapack.geqrf(a.dtype(), m.rows(), m.columns(), m.at(i), m.leading(), taus.at(i)));
  }

  @Override
  public void orthogonal(Strided a, Strided tau) {
    reflections(
        a,
        tau,
        (m, taus, i) ->
            Lapack.orgqr(
                a.dtype(),
                m.rows(),
                m.columns(),
                taus.elements(),
                m.at(i),
                m.leading(),
                taus.at(i)));
  }

  @Override
  public void timesOrthogonal(Side side, Transposed transposed, Strided a, Strided tau, Strided b) {
    Batch factors = Batch.ofMatrices(a);
    Batch taus = Batch.ofVectors(tau);
    Batch products = Batch.ofMatrices(b);
    each(
        i ->
            Lapack.ormqr(
                b.dtype(),
                side,
                transposed,
                products.rows(),
                products.columns(),
                taus.elements(),
                factors.at(i),
                factors.leading(),
                taus.at(i),
                products.at(i),
                products.leading()),
        b,
        a,
        tau);
  }

  // ---- spectra

  @Override
  public void svd(Vectors vectors, Strided a, Strided u, Strided s, Strided vh, Strided info) {
    Batch matrices = Batch.ofMatrices(a);
    Batch values = Batch.ofVectors(s);
    Batch left = Batch.ofMatrices(u);
    Batch right = Batch.ofMatrices(vh);
    boolean none = vectors == Vectors.NONE;
    each(
        info,
        i ->
            LapackSpectra.gesdd(
                a.dtype(),
                wanted(vectors),
                matrices.rows(),
                matrices.columns(),
                matrices.at(i),
                matrices.leading(),
                values.at(i),
                none ? MemorySegment.NULL : left.at(i),
                none ? 1 : left.leading(),
                none ? MemorySegment.NULL : right.at(i),
                none ? 1 : right.leading()),
        a,
        u,
        s,
        vh);
  }

  private static LapackSpectra.Vectors wanted(Vectors vectors) {
    return switch (vectors) {
      case NONE -> LapackSpectra.Vectors.NONE;
      case THIN -> LapackSpectra.Vectors.THIN;
      case ALL -> LapackSpectra.Vectors.ALL;
    };
  }

  @Override
  public void eigh(Vectors vectors, Triangle triangle, Strided a, Strided values, Strided info) {
    Batch matrices = Batch.ofMatrices(a);
    Batch spectra = Batch.ofVectors(values);
    each(
        info,
        i ->
            LapackSpectra.syevd(
                a.dtype(),
                wanted(vectors),
                triangle,
                matrices.rows(),
                matrices.at(i),
                matrices.leading(),
                spectra.at(i)),
        a,
        values);
  }

  @Override
  public void leastSquares(
      Driver driver, double rcond, Strided a, Strided b, Strided rank, Strided s, Strided info) {
    Batch matrices = Batch.ofMatrices(a);
    Batch solutions = Batch.ofMatrices(b);
    Batch ranks = Batch.ofNumbers(rank);
    Batch values = Batch.ofVectors(s);
    var problem =
        new LapackSpectra.Problem(matrices.rows(), matrices.columns(), solutions.columns());
    each(
        info,
        i ->
            driver == Driver.GELS
                ? Lapack.gels(
                    a.dtype(),
                    Transposed.NO,
                    problem.m(),
                    problem.n(),
                    problem.columns(),
                    matrices.at(i),
                    matrices.leading(),
                    solutions.at(i),
                    solutions.leading())
                : LapackSpectra.leastSquares(
                    LapackSpectra.LeastSquares.valueOf(driver.name()),
                    a.dtype(),
                    problem,
                    matrices.at(i),
                    solutions.at(i),
                    values.at(i),
                    ranks.at(i),
                    rcond),
        a,
        b,
        rank,
        s);
  }
}
