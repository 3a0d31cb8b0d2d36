package dev.chagres.backend.cpu;

import static dev.chagres.backend.cpu.LapackCall.*;
import static dev.chagres.ffi.openblas.OpenBlasLibrary.*;

import dev.chagres.backend.Scratch;
import dev.chagres.core.DType;
import dev.chagres.core.Triangle;
import java.lang.foreign.MemorySegment;
import java.util.Locale;

/**
 * The door to LAPACK's singular values and eigenvalues; what {@link Lapack} says of matrices and
 * errors holds here. A matrix with NaN or infinity is left as it is, which is {@link
 * LapackCall#NOT_FINITE}.
 */
public final class LapackSpectra {
  private LapackSpectra() {}

  /** Which singular or eigenvectors are computed. */
  public enum Vectors {
    NONE('N'),
    /** As many as there are values. */
    THIN('S'),
    ALL('A');

    final byte code;

    Vectors(char code) {
      this.code = (byte) code;
    }
  }

  /** How a least squares problem of any rank is solved. */
  public enum LeastSquares {
    /** By a QR factorisation with exchanges of columns. */
    GELSY,
    /** By singular values. */
    GELSS,
    /** By singular values, divide and conquer. */
    GELSD
  }

  /** One problem of least squares. */
  public record Problem(long m, long n, long columns) {
    long order() {
      return Math.max(m, n);
    }
  }

  /**
   * Solves {@code A X = B} in least squares of least norm for A (m, n) of any rank. What is up to
   * {@code rcond} of the greatest counts as 0 (a negative one means the precision of the dtype). B
   * (max(m, n), columns) becomes the solution, NaN if B has NaN or infinity, A is lost, {@code
   * rank} (int32) is written, and {@code s} (min(m, n)), the singular values, but for GELSY.
   * Returns 0, {@link LapackCall#NOT_FINITE}, or how many singular values did not converge.
   */
  public static int leastSquares(
      LeastSquares method,
      DType dtype,
      Problem problem,
      MemorySegment a,
      MemorySegment b,
      MemorySegment s,
      MemorySegment rank,
      double rcond) {
    long m = problem.m();
    long n = problem.n();
    long lda = Math.max(1, m);
    long ldb = Math.max(1, problem.order());
    matrix(dtype, a, m, n, lda);
    matrix(dtype, b, problem.order(), problem.columns(), ldb);
    vector(dtype.size(), s, method == LeastSquares.GELSY ? 0 : Math.min(m, n));
    vector(Integer.BYTES, rank, 1);
    long least = Math.min(m, n);
    workspace(
        "lstsq",
        least * (least + problem.columns() + 512) + 64 * (problem.order() + problem.columns()));
    if (!isFinite(dtype, a, m, n, lda)) {
      return NOT_FINITE;
    }
    boolean known = clearUnlessFinite(dtype, b, m, problem.columns(), ldb);
    int rows = narrow(m);
    int unknowns = narrow(n);
    int columns = narrow(problem.columns());
    int stepA = narrow(lda);
    int stepB = narrow(ldb);
    float rcondSingle = (float) rcond;
    int order = LAPACK_COL_MAJOR();
    boolean single = dtype == DType.FLOAT32;
    if (!single && dtype != DType.FLOAT64) {
      throw noKernel(dtype);
    }
    try (Scratch exchanges = Scratch.take(Math.max(1, n) * Integer.BYTES)) {
      MemorySegment free = exchanges.segment();
      free.fill((byte) 0); // every column may be exchanged
      int info =
          runWithWork(
              dtype,
              problem.order(),
              (work, size, integers) ->
                  switch (method) {
                    case GELSY ->
                        single
                            ? LAPACKE_sgelsy_work(
                                order,
                                rows,
                                unknowns,
                                columns,
                                a,
                                stepA,
                                b,
                                stepB,
                                free,
                                rcondSingle,
                                rank,
                                work,
                                size)
                            : LAPACKE_dgelsy_work(
                                order, rows, unknowns, columns, a, stepA, b, stepB, free, rcond,
                                rank, work, size);
                    case GELSS ->
                        single
                            ? LAPACKE_sgelss_work(
                                order,
                                rows,
                                unknowns,
                                columns,
                                a,
                                stepA,
                                b,
                                stepB,
                                s,
                                rcondSingle,
                                rank,
                                work,
                                size)
                            : LAPACKE_dgelss_work(
                                order, rows, unknowns, columns, a, stepA, b, stepB, s, rcond, rank,
                                work, size);
                    case GELSD ->
                        single
                            ? LAPACKE_sgelsd_work(
                                order,
                                rows,
                                unknowns,
                                columns,
                                a,
                                stepA,
                                b,
                                stepB,
                                s,
                                rcondSingle,
                                rank,
                                work,
                                size,
                                integers)
                            : LAPACKE_dgelsd_work(
                                order, rows, unknowns, columns, a, stepA, b, stepB, s, rcond, rank,
                                work, size, integers);
                  });
      if (!known) {
        fillNaN(dtype, b, problem.order(), problem.columns(), ldb);
      }
      return reported(method.name().toLowerCase(Locale.ROOT), dtype, info);
    }
  }

  /**
   * Finds the singular values {@code s} of A (m, n), largest first, and the vectors asked for: U's
   * columns and the rows of V transposed. A is lost. Returns 0, {@link LapackCall#NOT_FINITE}, or
   * more if they did not converge.
   */
  public static int gesdd(
      DType dtype,
      Vectors vectors,
      long m,
      long n,
      MemorySegment a,
      long lda,
      MemorySegment s,
      MemorySegment u,
      long ldu,
      MemorySegment vt,
      long ldvt) {
    long least = Math.min(m, n);
    matrix(dtype, a, m, n, lda);
    vector(dtype.size(), s, least);
    matrix(dtype, u, vectors == Vectors.NONE ? 0 : m, vectors == Vectors.ALL ? m : least, ldu);
    matrix(dtype, vt, vectors == Vectors.NONE ? 0 : vectors == Vectors.ALL ? n : least, n, ldvt);
    workspace("svd", (vectors == Vectors.NONE ? 0 : 4 * least * least) + 64 * (m + n));
    if (!isFinite(dtype, a, m, n, lda)) {
      return NOT_FINITE;
    }
    int info =
        runWithWork(
            dtype,
            Math.max(m, n),
            (work, size, integers) ->
                switch (dtype) {
                  case FLOAT32 ->
                      LAPACKE_sgesdd_work(
                          LAPACK_COL_MAJOR(),
                          vectors.code,
                          narrow(m),
                          narrow(n),
                          a,
                          narrow(lda),
                          s,
                          u,
                          narrow(ldu),
                          vt,
                          narrow(ldvt),
                          work,
                          size,
                          integers);
                  case FLOAT64 ->
                      LAPACKE_dgesdd_work(
                          LAPACK_COL_MAJOR(),
                          vectors.code,
                          narrow(m),
                          narrow(n),
                          a,
                          narrow(lda),
                          s,
                          u,
                          narrow(ldu),
                          vt,
                          narrow(ldvt),
                          work,
                          size,
                          integers);
                  default -> throw noKernel(dtype);
                });
    return reported("gesdd", dtype, info);
  }

  /**
   * Finds the eigenvalues {@code w} of a symmetric A, given by one triangle, smallest first; its
   * eigenvectors become the columns of A, or A is lost with {@link Vectors#NONE}. Returns 0, {@link
   * LapackCall#NOT_FINITE}, or more if they did not converge.
   */
  public static int syevd(
      DType dtype,
      Vectors vectors,
      Triangle triangle,
      long n,
      MemorySegment a,
      long lda,
      MemorySegment w) {
    matrix(dtype, a, n, n, lda);
    vector(dtype.size(), w, n);
    workspace("eigh", (vectors == Vectors.NONE ? 0 : 2 * n * n) + 64 * n);
    if (!isFinite(dtype, triangle, a, n, lda)) {
      return NOT_FINITE;
    }
    byte job = (byte) (vectors == Vectors.NONE ? 'N' : 'V');
    int integerCount = narrow(Math.max(1, vectors == Vectors.NONE ? 1 : 5 * n + 3));
    int info =
        runWithWork(
            dtype,
            n,
            (work, size, integers) ->
                switch (dtype) {
                  case FLOAT32 ->
                      LAPACKE_ssyevd_work(
                          LAPACK_COL_MAJOR(),
                          job,
                          letter(triangle),
                          narrow(n),
                          a,
                          narrow(lda),
                          w,
                          work,
                          size,
                          integers,
                          size < 0 ? -1 : integerCount);
                  case FLOAT64 ->
                      LAPACKE_dsyevd_work(
                          LAPACK_COL_MAJOR(),
                          job,
                          letter(triangle),
                          narrow(n),
                          a,
                          narrow(lda),
                          w,
                          work,
                          size,
                          integers,
                          size < 0 ? -1 : integerCount);
                  default -> throw noKernel(dtype);
                });
    return reported("syevd", dtype, info);
  }
}
