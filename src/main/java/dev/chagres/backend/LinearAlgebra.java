package dev.chagres.backend;

import dev.chagres.core.Driver;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.primitive.Factorizations.Vectors;
import dev.chagres.primitive.Triangular;

/**
 * Factorisations of batches of float32 or float64 matrices. All operands of a call are contiguous
 * and have equal leading dimensions, none of them empty. A matrix (m, n) lies column by column: its
 * array is (…, n, m). An info is int32, one for each matrix, and is always written; {@link
 * dev.chagres.primitive.Factorizations} says what it tells. Arguments that do not belong together
 * are treated as {@link Backend} says.
 */
public interface LinearAlgebra {
  /**
   * {@code a} becomes its factors L and U, with the exchanges of rows in {@code pivots} (int32).
   */
  void lu(Strided a, Strided pivots, Strided info);

  /** {@code order} (int64) becomes the rows' order that the exchanges of LU make. */
  void order(Strided pivots, Strided order);

  /** {@code b} becomes the solution of {@code op(A) X = B}. */
  void luSolve(Transposed transposed, Strided packed, Strided pivots, Strided b);

  /** {@code b} becomes the solution of {@code op(A) X = B}; here matrices lie row by row. */
  void solveTriangular(Triangular form, Strided a, Strided b);

  /** The triangle of {@code a} becomes its Cholesky factor. */
  void cholesky(Triangle triangle, Strided a, Strided info);

  /**
   * The lower triangle of {@code a} becomes L and D, with the exchanges in {@code pivots} (int32).
   */
  void ldl(Strided a, Strided pivots, Strided info);

  /**
   * {@code b} becomes the solution of {@code A X = B}.
   *
   * @throws IllegalArgumentException if no factorisation has such pivots
   */
  void ldlSolve(Strided packed, Strided pivots, Strided b);

  /** {@code a} becomes R and the reflections below it, with their factors in {@code tau}. */
  void qr(Strided a, Strided tau);

  /** {@code a}, reflections, becomes the first columns of their product. */
  void orthogonal(Strided a, Strided tau);

  /** {@code b} is multiplied by the product of reflections, or by its transpose. */
  void timesOrthogonal(Side side, Transposed transposed, Strided a, Strided tau, Strided b);

  /** Writes {@code s} and, if there are vectors, {@code u} and {@code vh}; {@code a} is lost. */
  void svd(Vectors vectors, Strided a, Strided u, Strided s, Strided vh, Strided info);

  /** Writes {@code values}; {@code a} becomes the vectors, or is lost. */
  void eigh(Vectors vectors, Triangle triangle, Strided a, Strided values, Strided info);

  /**
   * {@code b}, of max(m, n) rows, becomes the solution; {@code rank} is int32, {@code s} is written
   * by the methods of singular values.
   */
  void leastSquares(
      Driver driver, double rcond, Strided a, Strided b, Strided rank, Strided s, Strided info);
}
