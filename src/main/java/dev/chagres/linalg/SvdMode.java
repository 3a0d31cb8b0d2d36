package dev.chagres.linalg;

/** How many singular vectors are wanted. */
public enum SvdMode {
  /** Square U and V. */
  FULL,
  /** As many as there are singular values. */
  REDUCED
}
