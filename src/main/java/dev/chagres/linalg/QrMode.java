package dev.chagres.linalg;

/** Which factors of QR are wanted. */
public enum QrMode {
  /** As many columns of Q as A has, or rows if these are fewer. */
  REDUCED,
  /** A square Q. */
  COMPLETE,
  /** R alone, as in REDUCED; it has no gradient. */
  R
}
