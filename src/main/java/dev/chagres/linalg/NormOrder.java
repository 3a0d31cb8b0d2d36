package dev.chagres.linalg;

/** Norms of matrices that have names; the others are numbers. */
public enum NormOrder {
  /** Frobenius: the root of the sum of squares. */
  FRO,
  /** The sum of the singular values. */
  NUC
}
