package dev.chagres.core;

/** How least squares are solved, by the name of LAPACK's routine. */
public enum Driver {
  /** By a QR factorisation; for matrices of full rank. */
  GELS,
  /** By a QR factorisation with exchanges of columns. */
  GELSY,
  /** By singular values, divide and conquer. */
  GELSD,
  /** By singular values. */
  GELSS
}
