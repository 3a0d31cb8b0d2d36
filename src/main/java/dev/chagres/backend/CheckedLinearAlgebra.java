package dev.chagres.backend;

import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.require;

import dev.chagres.core.DType;
import dev.chagres.core.Driver;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.primitive.Factorizations.Vectors;
import dev.chagres.primitive.Triangular;

/**
 * Factorisations, with operands that are looked at before: contiguous batches of matrices, stored
 * as (…, columns, rows).
 */
record CheckedLinearAlgebra(LinearAlgebra device) implements LinearAlgebra {
  @Override
  public void lu(Strided a, Strided pivots, Strided info) {
    requireFactors("lu", a, pivots, info);
    device.lu(a, pivots, info);
  }

  @Override
  public void order(Strided pivots, Strided order) {
    int rank = order.layout().dim() - 1;
    boolean agree =
        pivots.dtype() == DType.INT32
            && order.dtype() == DType.INT64
            && isDense(pivots)
            && isDense(order)
            && isWritable(order)
            && rank >= 0
            && pivots.layout().dim() == rank + 1
            && pivots.layout().size(-1) <= order.layout().size(-1);
    for (int i = 0; agree && i < rank; i++) {
      agree = pivots.layout().size(i) == order.layout().size(i);
    }
    require(agree, "luUnpack", pivots, order);
    device.order(pivots, order);
  }

  @Override
  public void luSolve(Transposed transposed, Strided packed, Strided pivots, Strided b) {
    requireSystem("luSolve", packed, pivots, b);
    device.luSolve(transposed, packed, pivots, b);
  }

  @Override
  public void solveTriangular(Triangular form, Strided a, Strided b) {
    boolean agree =
        areBatches(a, b)
            && isWritable(b)
            && isSquare(a)
            && areOfOneBatch(a, b, 2)
            && b.layout().size(-2) == a.layout().size(-1);
    require(agree, "solveTriangular", a, b);
    device.solveTriangular(form, a, b);
  }

  @Override
  public void cholesky(Triangle triangle, Strided a, Strided info) {
    requireSquare("cholesky", a, info);
    device.cholesky(triangle, a, info);
  }

  @Override
  public void ldl(Strided a, Strided pivots, Strided info) {
    requireSquare("ldl", a, info);
    requireFactors("ldl", a, pivots, info);
    device.ldl(a, pivots, info);
  }

  @Override
  public void ldlSolve(Strided packed, Strided pivots, Strided b) {
    requireSystem("ldlSolve", packed, pivots, b);
    device.ldlSolve(packed, pivots, b);
  }

  @Override
  public void qr(Strided a, Strided tau) {
    requireReflections("qr", a, tau);
    device.qr(a, tau);
  }

  @Override
  public void orthogonal(Strided a, Strided tau) {
    requireReflections("householderProduct", a, tau);
    device.orthogonal(a, tau);
  }

  @Override
  public void timesOrthogonal(Side side, Transposed transposed, Strided a, Strided tau, Strided b) {
    boolean agree =
        areBatches(a, tau, b)
            && isWritable(b)
            && areOfOneBatch(a, tau, 1)
            && areOfOneBatch(a, b, 2)
            && a.layout().size(-1) == b.layout().size(side == Side.LEFT ? -1 : -2)
            && tau.layout().size(-1) <= a.layout().size(-2)
            && tau.layout().size(-1) <= a.layout().size(-1);
    require(agree, "ormqr", a, tau, b);
    device.timesOrthogonal(side, transposed, a, tau, b);
  }

  @Override
  public void svd(Vectors vectors, Strided a, Strided u, Strided s, Strided vh, Strided info) {
    requireVectors("svd", a, s);
    long m = a.layout().size(-1);
    long n = a.layout().size(-2);
    long least = least(a);
    boolean agree = isWritable(a) && isInfo(a, info) && areBatches(a, u, vh);
    if (vectors != Vectors.NONE) {
      boolean all = vectors == Vectors.ALL;
      agree =
          agree
              && isWritable(u)
              && isWritable(vh)
              && areOfOneBatch(a, u, 2)
              && areOfOneBatch(a, vh, 2)
              && u.layout().size(-1) == m
              && u.layout().size(-2) == (all ? m : least)
              && vh.layout().size(-1) == (all ? n : least)
              && vh.layout().size(-2) == n;
    }
    require(agree, "svd", a, u, s, vh, info);
    device.svd(vectors, a, u, s, vh, info);
  }

  @Override
  public void eigh(Vectors vectors, Triangle triangle, Strided a, Strided values, Strided info) {
    requireSquare("eigh", a, info);
    requireVectors("eigh", a, values);
    device.eigh(vectors, triangle, a, values, info);
  }

  @Override
  public void leastSquares(
      Driver driver, double rcond, Strided a, Strided b, Strided rank, Strided s, Strided info) {
    requireVectors("lstsq", a, s);
    boolean agree =
        areBatches(a, b)
            && isWritable(a)
            && isWritable(b)
            && isInfo(a, rank)
            && isInfo(a, info)
            && areOfOneBatch(a, b, 2)
            && b.layout().size(-1) == Math.max(a.layout().size(-1), a.layout().size(-2));
    require(agree, "lstsq", a, b, rank, s, info);
    device.leastSquares(driver, rcond, a, b, rank, s, info);
  }

  /** Floating operands, side by side, of which one matrix, vector or number belongs together. */
  private static boolean areBatches(Strided first, Strided... others) {
    DType dtype = first.dtype();
    boolean agree = (dtype == DType.FLOAT32 || dtype == DType.FLOAT64) && isDense(first);
    for (Strided other : others) {
      agree = agree && other.dtype() == dtype && isDense(other);
    }
    return agree;
  }

  /** Whether another operand, with so many dimensions for each matrix, is one of the same batch. */
  private static boolean areOfOneBatch(Strided matrices, Strided other, int dims) {
    int rank = matrices.layout().dim() - 2;
    boolean agree = rank >= 0 && other.layout().dim() == rank + dims;
    for (int i = 0; agree && i < rank; i++) {
      agree = matrices.layout().size(i) == other.layout().size(i);
    }
    return agree;
  }

  private static long least(Strided matrices) {
    return Math.min(matrices.layout().size(-1), matrices.layout().size(-2));
  }

  /** One int32 for each matrix. */
  private static boolean isInfo(Strided matrices, Strided info) {
    return info.dtype() == DType.INT32
        && isDense(info)
        && isWritable(info)
        && areOfOneBatch(matrices, info, 0);
  }

  /** Vectors, one for each matrix. */
  private static boolean areVectors(Strided matrices, Strided vectors, long size) {
    return isDense(vectors)
        && areOfOneBatch(matrices, vectors, 1)
        && vectors.layout().size(-1) == size;
  }

  /** Matrices that become their factors, exchanges of rows, and infos. */
  private static void requireFactors(String name, Strided a, Strided pivots, Strided info) {
    boolean agree =
        areBatches(a)
            && isWritable(a)
            && pivots.dtype() == DType.INT32
            && isWritable(pivots)
            && isInfo(a, info)
            && areVectors(a, pivots, least(a));
    require(agree, name, a, pivots, info);
  }

  private static void requireSystem(String name, Strided packed, Strided pivots, Strided b) {
    boolean agree =
        areBatches(packed, b)
            && isWritable(b)
            && pivots.dtype() == DType.INT32
            && isSquare(packed)
            && areOfOneBatch(packed, b, 2)
            && b.layout().size(-1) == packed.layout().size(-1)
            && areVectors(packed, pivots, least(packed));
    require(agree, name, packed, pivots, b);
  }

  private static boolean isSquare(Strided a) {
    return a.layout().dim() >= 2 && a.layout().size(-1) == a.layout().size(-2);
  }

  private static void requireSquare(String name, Strided a, Strided info) {
    require(areBatches(a) && isWritable(a) && isSquare(a) && isInfo(a, info), name, a, info);
  }

  /** A result with as many numbers as the matrix's smaller side. */
  private static void requireVectors(String name, Strided a, Strided values) {
    boolean agree = areBatches(a, values) && isWritable(values) && areVectors(a, values, least(a));
    require(agree, name, a, values);
  }

  /** Matrices (m, n) that are factored into reflections, or hold k of them, k up to n and m. */
  private static void requireReflections(String name, Strided a, Strided tau) {
    boolean agree =
        areBatches(a, tau)
            && isWritable(a)
            && isWritable(tau)
            && areOfOneBatch(a, tau, 1)
            && (name.equals("qr")
                ? tau.layout().size(-1) == least(a)
                : tau.layout().size(-1) <= a.layout().size(-2)
                    && a.layout().size(-2) <= a.layout().size(-1));
    require(agree, name, a, tau);
  }
}
