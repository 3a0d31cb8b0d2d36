package dev.chagres.linalg;

/** What a function may take for granted of a matrix. */
public enum Symmetry {
  /** Nothing. */
  GENERAL,
  /** It is symmetric; one triangle is read. */
  HERMITIAN
}
