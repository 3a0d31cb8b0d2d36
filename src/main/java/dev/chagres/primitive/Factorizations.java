package dev.chagres.primitive;

import dev.chagres.core.Driver;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;

/**
 * Factorisations of matrices and the systems that they solve, without gradients, of batches of
 * float32 or float64 matrices in the last two dimensions. The leading dimensions of the arguments
 * of one call are equal; shapes and dtypes have been checked. Results are new.
 *
 * <p>What a matrix has to say of itself is in {@code info}, int32, one number for each: 0, or what
 * the method tells.
 *
 * @param <T> the type of tensors
 */
public interface Factorizations<T> {

  /** Returns what factors a tensor and its like. */
  static <T extends Operand<T>> Factorizations<T> of(T operand) {
    return Primitives.of(operand).factorizations();
  }

  /**
   * Factors in one matrix, and the exchanges (int32, from 1) of rows that come before.
   *
   * @param packed the factors
   * @param pivots for each row the one that it is exchanged with
   */
  record Packed<T>(T packed, T pivots, T info) {}

  /** A factor, and what the matrix has to say. */
  record Factor<T>(T factor, T info) {}

  /** Reflections below R, which is the upper triangle, and their factors. */
  record Reflections<T>(T packed, T tau) {}

  /** Singular vectors and values; without vectors only the values count. */
  record Singular<T>(T u, T s, T vh, T info) {}

  /**
   * Eigenvalues, smallest first, and eigenvectors, the columns; without vectors the values count.
   */
  record Eigen<T>(T values, T vectors, T info) {}

  /**
   * A solution (…, max(m, n), columns): the unknowns, and below them, where A has full rank and the
   * method is not by exchanges of columns, what remains. The ranks are int64.
   */
  record Least<T>(T solution, T rank, T s, T info) {}

  /** Which singular or eigenvectors are wanted. */
  enum Vectors {
    NONE,
    /** As many as there are values. */
    THIN,
    ALL
  }

  // ---- systems of equations

  /**
   * Factors matrices (m, n) into P L U, with L's unit diagonal left out; the info is the place,
   * from 1, of the first zero on U's diagonal.
   */
  Packed<T> lu(T a);

  /** Returns the rows' order (…, rows), int64, that exchanges (…, k) make. */
  T order(T pivots, long rows);

  /** Solves {@code A X = B} or {@code A^T X = B} with the factors of {@link #lu}. */
  T luSolve(T packed, T pivots, Transposed transposed, T b);

  /** Solves {@code op(A) X = B} for triangular matrices; a zero on the diagonal divides. */
  T solveTriangular(Triangular form, T a, T b);

  /**
   * Returns the Cholesky factor of positive definite matrices, of which one triangle is read, with
   * zeros in the other; the info is the order of the first minor that is not positive.
   */
  Factor<T> cholesky(Triangle triangle, T a);

  /**
   * Factors symmetric matrices, of which the lower triangle is read, into L D L^T; the info is the
   * place, from 1, of a zero block in D.
   */
  Packed<T> ldl(T a);

  /**
   * Solves {@code A X = B} with the factors of {@link #ldl}.
   *
   * @throws IllegalArgumentException if no factorisation has such pivots
   */
  T ldlSolve(T packed, T pivots, T b);

  // ---- orthogonal factors

  /** Factors matrices (m, n) into min(m, n) reflections and R. */
  Reflections<T> qr(T a);

  /** Returns the first columns, as many as {@code a} has, of the product of reflections. */
  T orthogonal(T a, T tau);

  /** Multiplies by the product of reflections, whole, or by its transpose. */
  T timesOrthogonal(Reflections<T> q, Side side, Transposed transposed, T b);

  // ---- spectra: of a matrix with NaN or infinity the info is -1, else more than 0 if the values
  // did
  // not converge

  /** Finds singular values, largest first, and vectors. */
  Singular<T> svd(Vectors vectors, T a);

  /** Finds the eigenvalues and vectors of symmetric matrices, of which one triangle is read. */
  Eigen<T> eigh(Vectors vectors, Triangle triangle, T a);

  /**
   * Solves {@code A X = B} in least squares. The infos are those of spectra; of GELS, the place of
   * the zero that a matrix without full rank has in its triangular factor.
   */
  Least<T> leastSquares(Driver driver, double rcond, T a, T b);
}
