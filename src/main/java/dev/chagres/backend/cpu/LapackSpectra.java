package dev.chagres.backend.cpu;

import static dev.chagres.backend.cpu.LapackCall.*;
import static dev.chagres.ffi.openblas.OpenBlasLibrary.*;

import dev.chagres.backend.Scratch;
import dev.chagres.backend.cpu.OpenBlas.Triangle;
import dev.chagres.core.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The door to LAPACK's singular values and eigenvalues; what {@link Lapack} says of matrices and
 * errors holds here. NaN and infinity are refused.
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

  /**
   * Solves {@code A X = B} in least squares of least norm for A (m, n) of any rank, by its singular
   * values {@code s} (min(m, n), written); those up to {@code rcond} of the greatest count as 0 (a
   * negative one means the precision of the dtype). B (max(m, n), columns) becomes the solution.
   * Returns the rank.
   */
  public static int gelsd(
      DType dtype,
      long m,
      long n,
      long columns,
      MemorySegment a,
      long lda,
      MemorySegment b,
      long ldb,
      MemorySegment s,
      double rcond) {
    matrix(dtype, a, m, n, lda);
    matrix(dtype, b, Math.max(m, n), columns, ldb);
    vector(dtype.size(), s, Math.min(m, n));
    finite("gelsd", dtype, a, m, n, lda);
    try (Scratch scratch = Scratch.take(Integer.BYTES)) {
      MemorySegment rank = scratch.segment();
      int info =
          runWithWork(
              dtype,
              Math.max(m, n),
              (work, size, integers) ->
                  switch (dtype) {
                    case FLOAT32 ->
                        LAPACKE_sgelsd_work(
                            LAPACK_COL_MAJOR(),
                            narrow(m),
                            narrow(n),
                            narrow(columns),
                            a,
                            narrow(lda),
                            b,
                            narrow(ldb),
                            s,
                            (float) rcond,
                            rank,
                            work,
                            size,
                            integers);
                    case FLOAT64 ->
                        LAPACKE_dgelsd_work(
                            LAPACK_COL_MAJOR(),
                            narrow(m),
                            narrow(n),
                            narrow(columns),
                            a,
                            narrow(lda),
                            b,
                            narrow(ldb),
                            s,
                            rcond,
                            rank,
                            work,
                            size,
                            integers);
                    default -> throw noKernel(dtype);
                  });
      check("gelsd", dtype, info, "the singular values did not converge: %d of them are left");
      return rank.get(ValueLayout.JAVA_INT, 0);
    }
  }

  /**
   * Finds the singular values {@code s} of A (m, n), largest first, and the vectors asked for: U's
   * columns and the rows of V transposed. A is lost.
   */
  public static void gesdd(
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
    finite("gesdd", dtype, a, m, n, lda);
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
    check("gesdd", dtype, info, "the singular values did not converge");
  }

  /**
   * Finds the eigenvalues {@code w} of a symmetric A, given by one triangle, smallest first; its
   * eigenvectors become the columns of A, or A is lost with {@link Vectors#NONE}.
   */
  public static void syevd(
      DType dtype,
      Vectors vectors,
      Triangle triangle,
      long n,
      MemorySegment a,
      long lda,
      MemorySegment w) {
    matrix(dtype, a, n, n, lda);
    vector(dtype.size(), w, n);
    finite("syevd", dtype, a, n, n, lda);
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
    check("syevd", dtype, info, "the eigenvalues did not converge");
  }

  /**
   * Finds the eigenvalues of A (n, n), real parts in {@code wr} and imaginary ones in {@code wi},
   * and, unless {@link Vectors#NONE}, the right eigenvectors as the columns of {@code vr}: two
   * columns are the real and the imaginary part for a conjugate pair. A is lost.
   */
  public static void geev(
      DType dtype,
      Vectors vectors,
      long n,
      MemorySegment a,
      long lda,
      MemorySegment wr,
      MemorySegment wi,
      MemorySegment vr,
      long ldvr) {
    matrix(dtype, a, n, n, lda);
    vector(dtype.size(), wr, n);
    vector(dtype.size(), wi, n);
    matrix(dtype, vr, vectors == Vectors.NONE ? 0 : n, n, ldvr);
    finite("geev", dtype, a, n, n, lda);
    byte none = (byte) 'N';
    byte right = (byte) (vectors == Vectors.NONE ? 'N' : 'V');
    int info =
        runWithWork(
            dtype,
            n,
            (work, size, integers) ->
                switch (dtype) {
                  case FLOAT32 ->
                      LAPACKE_sgeev_work(
                          LAPACK_COL_MAJOR(),
                          none,
                          right,
                          narrow(n),
                          a,
                          narrow(lda),
                          wr,
                          wi,
                          vr,
                          1,
                          vr,
                          narrow(ldvr),
                          work,
                          size);
                  case FLOAT64 ->
                      LAPACKE_dgeev_work(
                          LAPACK_COL_MAJOR(),
                          none,
                          right,
                          narrow(n),
                          a,
                          narrow(lda),
                          wr,
                          wi,
                          vr,
                          1,
                          vr,
                          narrow(ldvr),
                          work,
                          size);
                  default -> throw noKernel(dtype);
                });
    check("geev", dtype, info, "the eigenvalues did not converge");
  }
}
