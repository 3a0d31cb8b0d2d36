package dev.chagres.observe;

import dev.chagres.backend.Strided;
import dev.chagres.core.Driver;
import dev.chagres.primitive.Factorizations.Vectors;

/**
 * The floating-point operations of LAPACK's routines, without terms of lower order: as LAPACK
 * Working Note 41 counts them (appendix C), and for singular values and eigenvalues, which are
 * iterated, as Golub and Van Loan estimate them (Matrix Computations, 4th edition, sections 8.3 and
 * 8.6).
 *
 * @param batch how many matrices
 * @param m rows of each
 * @param n columns of each
 */
record Lapack(double batch, double m, double n) {

  /** Returns the size of matrices that lie column by column, in an array (…, n, m). */
  static Lapack of(Strided a) {
    double m = a.layout().size(a.layout().dim() - 1);
    double n = a.layout().size(a.layout().dim() - 2);
    return new Lapack(a.numel() == 0 ? 0 : a.numel() / (m * n), m, n);
  }

  private double least() {
    return Math.min(m, n);
  }

  private double most() {
    return Math.max(m, n);
  }

  double lu() {
    double k = least();
    return batch * (2 * m * n * k - (m + n) * k * k + 2 * k * k * k / 3);
  }

  /** For triangular factors of a symmetric matrix. */
  double symmetric() {
    return batch * n * n * n / 3;
  }

  /** With two triangular factors, each of half of a square. */
  double solve(Strided b) {
    return 2 * triangular(b);
  }

  double triangular(Strided b) {
    return n * b.numel();
  }

  double qr() {
    double k = least();
    return batch * 2 * k * k * (most() - k / 3);
  }

  /** For the first columns of a product of k reflections. */
  double orthogonal(Strided tau) {
    double k = tau.layout().size(tau.layout().dim() - 1);
    return batch * (4 * m * n * k - 2 * (m + n) * k * k + 4 * k * k * k / 3);
  }

  /** For the product of k reflections with a matrix, from either side. */
  double timesOrthogonal(Strided tau, Strided b) {
    double k = tau.layout().size(tau.layout().dim() - 1);
    return b.numel() * (4 * k - 2 * k * k / m);
  }

  double svd(Vectors vectors) {
    double p = most();
    double q = least();
    return batch
        * switch (vectors) {
          case NONE -> 4 * p * q * q - 4 * q * q * q / 3;
          case THIN -> 14 * p * q * q + 8 * q * q * q;
          case ALL -> 4 * p * p * q + 8 * p * q * q + 9 * q * q * q;
        };
  }

  double eigh(Vectors vectors) {
    return batch * n * n * n * (vectors == Vectors.NONE ? 4.0 / 3 : 9);
  }

  /** For a factorisation or singular values, and what is done with the right-hand sides. */
  double leastSquares(Driver driver, Strided b) {
    double columns = b.layout().size(b.layout().dim() - 2);
    double factors =
        switch (driver) {
          case GELS, GELSY -> qr();
          case GELSD, GELSS -> svd(Vectors.NONE);
        };
    return factors + batch * columns * (4 * m * n - least() * least());
  }
}
