package dev.chagres.tensor;

/** What becomes of several values that are written to one element. */
public enum Reduce {
  /** Their sum; of bools, whether any is true. */
  SUM,
  /** Their product; of bools, whether all are true. */
  PROD,
  /** Their mean; of integers rounded down. Not defined for bools. */
  MEAN,
  /** The greatest of them; a NaN wins. */
  AMAX,
  /** The least of them; a NaN wins. */
  AMIN
}
