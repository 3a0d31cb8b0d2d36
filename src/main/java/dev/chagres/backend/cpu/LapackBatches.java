package dev.chagres.backend.cpu;

import dev.chagres.backend.LinearAlgebra;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.primitive.Factorizations.Method;
import dev.chagres.primitive.Factorizations.Vectors;
import dev.chagres.primitive.Triangular;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
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
      long bytes = elements * dtype.size();
      return memory.asSlice(i * bytes, bytes);
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
        (long) Math.max(1, GRAIN / Math.max(1, work)),
        (from, to) -> {
          for (long i = from; i < to; i++) {
            task.accept(i);
          }
        });
  }

  // ---- systems of equations

  @Override
  public void lu(Strided a, Strided pivots, Strided info) {
    Operands.factors("lu", a, pivots, info);
    Batch factors = Batch.ofMatrices(a);
    Batch exchanges = Batch.ofVectors(pivots);
    Batch infos = Batch.ofNumbers(info);
    each(
        i ->
            infos.set(
                i,
                Lapack.getrf(
                    a.dtype(),
                    factors.rows(),
                    factors.columns(),
                    factors.at(i),
                    factors.leading(),
                    exchanges.at(i))),
        a,
        pivots,
        info);
  }

  @Override
  public void order(Strided pivots, Strided order) {
    Operands.order(pivots, order);
    Batch exchanges = Batch.ofVectors(pivots);
    Batch orders = Batch.ofVectors(order);
    each(
        order.numel() / orders.elements(),
        (double) orders.elements(),
        i -> {
          try (Scratch scratch = Scratch.take(exchanges.elements() * Integer.BYTES)) {
            MemorySegment rows = checked(exchanges, i, orders.elements(), scratch, pivots);
            MemorySegment to = orders.at(i);
            for (long j = 0; j < orders.elements(); j++) {
              to.setAtIndex(ValueLayout.JAVA_LONG, j, j);
            }
            for (long j = 0; j < exchanges.elements(); j++) {
              long other = rows.getAtIndex(ValueLayout.JAVA_INT, j) - 1L;
              long row = to.getAtIndex(ValueLayout.JAVA_LONG, j);
              to.setAtIndex(ValueLayout.JAVA_LONG, j, to.getAtIndex(ValueLayout.JAVA_LONG, other));
              to.setAtIndex(ValueLayout.JAVA_LONG, other, row);
            }
          }
        });
    Reference.reachabilityFence(pivots);
    Reference.reachabilityFence(order);
  }

  /**
   * Returns a copy of one matrix's exchanges, which no other thread can change after it is checked:
   * LAPACK goes wherever they say.
   */
  private static MemorySegment checked(
      Batch exchanges, long i, long rows, Scratch scratch, Strided pivots) {
    MemorySegment copy = scratch.segment();
    copy.copyFrom(exchanges.at(i));
    for (long j = 0; j < exchanges.elements(); j++) {
      int row = copy.getAtIndex(ValueLayout.JAVA_INT, j);
      Operands.require(row >= 1 && row <= rows, "luSolve", pivots);
    }
    return copy;
  }

  @Override
  public void luSolve(Transposed transposed, Strided packed, Strided pivots, Strided b) {
    Operands.luSolve("luSolve", packed, pivots, b);
    Batch factors = Batch.ofMatrices(packed);
    Batch exchanges = Batch.ofVectors(pivots);
    Batch solutions = Batch.ofMatrices(b);
    each(
        i -> {
          try (Scratch scratch = Scratch.take(exchanges.elements() * Integer.BYTES)) {
            Lapack.getrs(
                b.dtype(),
                transposed,
                factors.rows(),
                solutions.columns(),
                factors.at(i),
                factors.leading(),
                checked(exchanges, i, factors.rows(), scratch, pivots),
                solutions.at(i),
                solutions.leading());
          }
        },
        b,
        packed,
        pivots);
  }

  @Override
  public void solveTriangular(Triangular form, Strided a, Strided b) {
    Operands.solveTriangular(a, b);
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
    Operands.square("cholesky", a, info);
    Batch factors = Batch.ofMatrices(a);
    Batch infos = Batch.ofNumbers(info);
    each(
        i ->
            infos.set(
                i,
                Lapack.potrf(
                    a.dtype(), triangle, factors.rows(), factors.at(i), factors.leading())),
        a,
        info);
  }

  @Override
  public void ldl(Strided a, Strided pivots, Strided info) {
    Operands.square("ldl", a, info);
    Operands.factors("ldl", a, pivots, info);
    Batch factors = Batch.ofMatrices(a);
    Batch exchanges = Batch.ofVectors(pivots);
    Batch infos = Batch.ofNumbers(info);
    each(
        i ->
            infos.set(
                i,
                Lapack.sytrf(
                    a.dtype(), factors.rows(), factors.at(i), factors.leading(), exchanges.at(i))),
        a,
        pivots,
        info);
  }

  @Override
  public void ldlSolve(Strided packed, Strided pivots, Strided b) {
    Operands.luSolve("ldlSolve", packed, pivots, b);
    Batch factors = Batch.ofMatrices(packed);
    Batch exchanges = Batch.ofVectors(pivots);
    Batch solutions = Batch.ofMatrices(b);
    each(
        i -> {
          try (Scratch scratch = Scratch.take(exchanges.elements() * Integer.BYTES)) {
            MemorySegment copy = scratch.segment();
            copy.copyFrom(exchanges.at(i));
            checkBlocks(copy, factors.rows());
            Lapack.sytrs(
                b.dtype(),
                factors.rows(),
                solutions.columns(),
                factors.at(i),
                factors.leading(),
                copy,
                solutions.at(i),
                solutions.leading());
          }
        },
        b,
        packed,
        pivots);
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
        throw new IllegalArgumentException(
            "ldlSolve: no factorisation of order " + n + " has " + row + " for pivot " + j);
      }
      j += pair ? 1 : 0;
    }
  }

  // ---- orthogonal factors

  @Override
  public void qr(Strided a, Strided tau) {
    Operands.reflections("qr", a, tau);
    Batch factors = Batch.ofMatrices(a);
    Batch taus = Batch.ofVectors(tau);
    each(
        i ->
            Lapack.geqrf(
                a.dtype(),
                factors.rows(),
                factors.columns(),
                factors.at(i),
                factors.leading(),
                taus.at(i)),
        a,
        tau);
  }

  @Override
  public void orthogonal(Strided a, Strided tau) {
    Operands.reflections("householderProduct", a, tau);
    Batch factors = Batch.ofMatrices(a);
    Batch taus = Batch.ofVectors(tau);
    each(
        i ->
            Lapack.orgqr(
                a.dtype(),
                factors.rows(),
                factors.columns(),
                taus.elements(),
                factors.at(i),
                factors.leading(),
                taus.at(i)),
        a,
        tau);
  }

  @Override
  public void timesOrthogonal(Side side, Transposed transposed, Strided a, Strided tau, Strided b) {
    Operands.timesOrthogonal(side, a, tau, b);
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
    Operands.svd(vectors, a, u, s, vh, info);
    Batch matrices = Batch.ofMatrices(a);
    Batch values = Batch.ofVectors(s);
    Batch left = Batch.ofMatrices(u);
    Batch right = Batch.ofMatrices(vh);
    Batch infos = Batch.ofNumbers(info);
    each(
        i ->
            infos.set(
                i,
                LapackSpectra.gesdd(
                    a.dtype(),
                    wanted(vectors),
                    matrices.rows(),
                    matrices.columns(),
                    matrices.at(i),
                    matrices.leading(),
                    values.at(i),
                    vectors == Vectors.NONE ? MemorySegment.NULL : left.at(i),
                    vectors == Vectors.NONE ? 1 : left.leading(),
                    vectors == Vectors.NONE ? MemorySegment.NULL : right.at(i),
                    vectors == Vectors.NONE ? 1 : right.leading())),
        a,
        u,
        s,
        vh,
        info);
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
    Operands.square("eigh", a, info);
    Operands.vectors("eigh", a, values);
    Batch matrices = Batch.ofMatrices(a);
    Batch spectra = Batch.ofVectors(values);
    Batch infos = Batch.ofNumbers(info);
    each(
        i ->
            infos.set(
                i,
                LapackSpectra.syevd(
                    a.dtype(),
                    wanted(vectors),
                    triangle,
                    matrices.rows(),
                    matrices.at(i),
                    matrices.leading(),
                    spectra.at(i))),
        a,
        values,
        info);
  }

  @Override
  public void leastSquares(
      Method method, double rcond, Strided a, Strided b, Strided rank, Strided s, Strided info) {
    Operands.leastSquares(a, b, rank, s, info);
    Batch matrices = Batch.ofMatrices(a);
    Batch solutions = Batch.ofMatrices(b);
    Batch ranks = Batch.ofNumbers(rank);
    Batch values = Batch.ofVectors(s);
    Batch infos = Batch.ofNumbers(info);
    var problem =
        new LapackSpectra.Problem(matrices.rows(), matrices.columns(), solutions.columns());
    each(
        i ->
            infos.set(
                i,
                method == Method.GELS
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
                        LapackSpectra.LeastSquares.valueOf(method.name()),
                        a.dtype(),
                        problem,
                        matrices.at(i),
                        solutions.at(i),
                        values.at(i),
                        ranks.at(i),
                        rcond)),
        a,
        b,
        rank,
        s,
        info);
  }
}
