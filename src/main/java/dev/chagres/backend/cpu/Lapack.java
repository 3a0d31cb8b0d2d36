package dev.chagres.backend.cpu;

import static dev.chagres.backend.cpu.LapackCall.*;
import static dev.chagres.ffi.openblas.OpenBlasLibrary.*;

import dev.chagres.core.DType;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import java.lang.foreign.MemorySegment;

/**
 * The door to LAPACK's systems of equations and factorisations, for float32 and float64. Matrices
 * are column-major, as LAPACK's own: the row-major forms of its C interface only copy into these
 * and back. Workspaces come from our memory. Sizes are checked against the memory; what a routine
 * has to say of its matrix is returned.
 *
 * <p>Small problems run on the calling thread, others on one with a large stack ({@link BigStack}).
 */
public final class Lapack {
  private Lapack() {}

  // ---- systems of equations

  /**
   * Factors A (m, n) into L and U with row exchanges; returns 0, or the 1-based place of the first
   * zero on U's diagonal, with which the matrix is singular.
   */
  public static int getrf(
      DType dtype, long m, long n, MemorySegment a, long lda, MemorySegment pivots) {
    matrix(dtype, a, m, n, lda);
    pivots(pivots, Math.min(m, n));
    int info =
        run(
            Math.max(m, n),
            () ->
                switch (dtype) {
                  case FLOAT32 ->
                      LAPACKE_sgetrf_work(
                          LAPACK_COL_MAJOR(), narrow(m), narrow(n), a, narrow(lda), pivots);
                  case FLOAT64 ->
                      LAPACKE_dgetrf_work(
                          LAPACK_COL_MAJOR(), narrow(m), narrow(n), a, narrow(lda), pivots);
                  default -> throw noKernel(dtype);
                });
    return reported("getrf", dtype, info);
  }

  /** Solves {@code op(A) X = B} with the factors of {@link #getrf}. */
  public static void getrs(
      DType dtype,
      Transposed transpose,
      long n,
      long columns,
      MemorySegment a,
      long lda,
      MemorySegment pivots,
      MemorySegment b,
      long ldb) {
    matrix(dtype, a, n, n, lda);
    pivots(pivots, n);
    matrix(dtype, b, n, columns, ldb);
    int info =
        run(
            n,
            () ->
                switch (dtype) {
                  case FLOAT32 ->
                      LAPACKE_sgetrs_work(
                          LAPACK_COL_MAJOR(),
                          letter(transpose),
                          narrow(n),
                          narrow(columns),
                          a,
                          narrow(lda),
                          pivots,
                          b,
                          narrow(ldb));
                  case FLOAT64 ->
                      LAPACKE_dgetrs_work(
                          LAPACK_COL_MAJOR(),
                          letter(transpose),
                          narrow(n),
                          narrow(columns),
                          a,
                          narrow(lda),
                          pivots,
                          b,
                          narrow(ldb));
                  default -> throw noKernel(dtype);
                });
    check("getrs", dtype, info);
  }

  // ---- symmetric positive definite matrices

  /**
   * Replaces one triangle of a symmetric positive definite A by its Cholesky factor; returns 0, or
   * the order of the first leading minor that is not positive.
   */
  public static int potrf(DType dtype, Triangle triangle, long n, MemorySegment a, long lda) {
    matrix(dtype, a, n, n, lda);
    int info =
        run(
            n,
            () ->
                switch (dtype) {
                  case FLOAT32 ->
                      LAPACKE_spotrf_work(
                          LAPACK_COL_MAJOR(), letter(triangle), narrow(n), a, narrow(lda));
                  case FLOAT64 ->
                      LAPACKE_dpotrf_work(
                          LAPACK_COL_MAJOR(), letter(triangle), narrow(n), a, narrow(lda));
                  default -> throw noKernel(dtype);
                });
    return reported("potrf", dtype, info);
  }

  // ---- symmetric matrices

  /**
   * Factors a symmetric A, given by its lower triangle, into L D L^T (Bunch and Kaufman) with the
   * exchanges in {@code pivots} (int32, n); returns 0, or the place of a zero block of D.
   */
  public static int sytrf(DType dtype, long n, MemorySegment a, long lda, MemorySegment pivots) {
    matrix(dtype, a, n, n, lda);
    pivots(pivots, n);
    int info =
        runWithWork(
            dtype,
            n,
            (work, size, integers) ->
                switch (dtype) {
                  case FLOAT32 ->
                      LAPACKE_ssytrf_work(
                          LAPACK_COL_MAJOR(),
                          (byte) 'L',
                          narrow(n),
                          a,
                          narrow(lda),
                          pivots,
                          work,
                          size);
                  case FLOAT64 ->
                      LAPACKE_dsytrf_work(
                          LAPACK_COL_MAJOR(),
                          (byte) 'L',
                          narrow(n),
                          a,
                          narrow(lda),
                          pivots,
                          work,
                          size);
                  default -> throw noKernel(dtype);
                });
    return reported("sytrf", dtype, info);
  }

  /** Solves {@code A X = B} with the factors of {@link #sytrf}. */
  public static void sytrs(
      DType dtype,
      long n,
      long columns,
      MemorySegment a,
      long lda,
      MemorySegment pivots,
      MemorySegment b,
      long ldb) {
    matrix(dtype, a, n, n, lda);
    pivots(pivots, n);
    matrix(dtype, b, n, columns, ldb);
    int info =
        run(
            n,
            () ->
                switch (dtype) {
                  case FLOAT32 ->
                      LAPACKE_ssytrs_work(
                          LAPACK_COL_MAJOR(),
                          (byte) 'L',
                          narrow(n),
                          narrow(columns),
                          a,
                          narrow(lda),
                          pivots,
                          b,
                          narrow(ldb));
                  case FLOAT64 ->
                      LAPACKE_dsytrs_work(
                          LAPACK_COL_MAJOR(),
                          (byte) 'L',
                          narrow(n),
                          narrow(columns),
                          a,
                          narrow(lda),
                          pivots,
                          b,
                          narrow(ldb));
                  default -> throw noKernel(dtype);
                });
    check("sytrs", dtype, info);
  }

  // ---- orthogonal factors and least squares

  /**
   * Factors A (m, n): R is its upper triangle then, Q stands below it as reflections with the
   * factors {@code tau} (min(m, n)).
   */
  public static void geqrf(
      DType dtype, long m, long n, MemorySegment a, long lda, MemorySegment tau) {
    matrix(dtype, a, m, n, lda);
    vector(dtype.size(), tau, Math.min(m, n));
    int info =
        runWithWork(
            dtype,
            Math.max(m, n),
            (work, size, integers) ->
                switch (dtype) {
                  case FLOAT32 ->
                      LAPACKE_sgeqrf_work(
                          LAPACK_COL_MAJOR(),
                          narrow(m),
                          narrow(n),
                          a,
                          narrow(lda),
                          tau,
                          work,
                          size);
                  case FLOAT64 ->
                      LAPACKE_dgeqrf_work(
                          LAPACK_COL_MAJOR(),
                          narrow(m),
                          narrow(n),
                          a,
                          narrow(lda),
                          tau,
                          work,
                          size);
                  default -> throw noKernel(dtype);
                });
    check("geqrf", dtype, info);
  }

  /** Turns the k reflections of {@link #geqrf} into the first n columns of Q (m, n). */
  public static void orgqr(
      DType dtype, long m, long n, long k, MemorySegment a, long lda, MemorySegment tau) {
    matrix(dtype, a, m, n, lda);
    vector(dtype.size(), tau, k);
    int info =
        runWithWork(
            dtype,
            Math.max(m, n),
            (work, size, integers) ->
                switch (dtype) {
                  case FLOAT32 ->
                      LAPACKE_sorgqr_work(
                          LAPACK_COL_MAJOR(),
                          narrow(m),
                          narrow(n),
                          narrow(k),
                          a,
                          narrow(lda),
                          tau,
                          work,
                          size);
                  case FLOAT64 ->
                      LAPACKE_dorgqr_work(
                          LAPACK_COL_MAJOR(),
                          narrow(m),
                          narrow(n),
                          narrow(k),
                          a,
                          narrow(lda),
                          tau,
                          work,
                          size);
                  default -> throw noKernel(dtype);
                });
    check("orgqr", dtype, info);
  }

  /**
   * Multiplies C (m, n) by op(Q) on a side, given as the k reflections of {@link #geqrf}, whose
   * columns are as long as that side of C.
   */
  public static void ormqr(
      DType dtype,
      Side side,
      Transposed transpose,
      long m,
      long n,
      long k,
      MemorySegment a,
      long lda,
      MemorySegment tau,
      MemorySegment c,
      long ldc) {
    matrix(dtype, a, side == Side.LEFT ? m : n, k, lda);
    vector(dtype.size(), tau, k);
    matrix(dtype, c, m, n, ldc);
    int info =
        runWithWork(
            dtype,
            Math.max(m, n),
            (work, size, integers) ->
                switch (dtype) {
                  case FLOAT32 ->
                      LAPACKE_sormqr_work(
                          LAPACK_COL_MAJOR(),
                          letter(side),
                          letter(transpose),
                          narrow(m),
                          narrow(n),
                          narrow(k),
                          a,
                          narrow(lda),
                          tau,
                          c,
                          narrow(ldc),
                          work,
                          size);
                  case FLOAT64 ->
                      LAPACKE_dormqr_work(
                          LAPACK_COL_MAJOR(),
                          letter(side),
                          letter(transpose),
                          narrow(m),
                          narrow(n),
                          narrow(k),
                          a,
                          narrow(lda),
                          tau,
                          c,
                          narrow(ldc),
                          work,
                          size);
                  default -> throw noKernel(dtype);
                });
    check("ormqr", dtype, info);
  }

  /**
   * Solves {@code op(A) X = B} in least squares (or of least norm) for A (m, n) of full rank; B
   * (max(m, n), columns) becomes the solution, which is NaN if B has NaN or infinity. Returns 0,
   * {@link LapackCall#NOT_FINITE}, or the place of a zero on the diagonal of A's triangular factor,
   * with which A has not full rank.
   */
  public static int gels(
      DType dtype,
      Transposed transpose,
      long m,
      long n,
      long columns,
      MemorySegment a,
      long lda,
      MemorySegment b,
      long ldb) {
    matrix(dtype, a, m, n, lda);
    matrix(dtype, b, Math.max(m, n), columns, ldb);
    if (!isFinite(dtype, a, m, n, lda)) {
      return NOT_FINITE;
    }
    boolean known = clearUnlessFinite(dtype, b, transpose == Transposed.NO ? m : n, columns, ldb);
    int info =
        runWithWork(
            dtype,
            Math.max(m, n),
            (work, size, integers) ->
                switch (dtype) {
                  case FLOAT32 ->
                      LAPACKE_sgels_work(
                          LAPACK_COL_MAJOR(),
                          letter(transpose),
                          narrow(m),
                          narrow(n),
                          narrow(columns),
                          a,
                          narrow(lda),
                          b,
                          narrow(ldb),
                          work,
                          size);
                  case FLOAT64 ->
                      LAPACKE_dgels_work(
                          LAPACK_COL_MAJOR(),
                          letter(transpose),
                          narrow(m),
                          narrow(n),
                          narrow(columns),
                          a,
                          narrow(lda),
                          b,
                          narrow(ldb),
                          work,
                          size);
                  default -> throw noKernel(dtype);
                });
    if (!known) {
      fillNaN(dtype, b, Math.max(m, n), columns, ldb);
    }
    return reported("gels", dtype, info);
  }
}
