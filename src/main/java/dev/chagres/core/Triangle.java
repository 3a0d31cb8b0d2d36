package dev.chagres.core;

/** Which triangle of a matrix is meant; the diagonal belongs to both. */
public enum Triangle {
  UPPER,
  LOWER;

  /** Returns the triangle that this one is in the transposed matrix. */
  public Triangle turned() {
    return this == UPPER ? LOWER : UPPER;
  }
}
