package dev.chagres.core;

/** What the diagonal of a triangular matrix is. */
public enum Diagonal {
  /** What the matrix holds. */
  STORED,
  /** Ones, whatever the matrix holds. */
  ONES
}
