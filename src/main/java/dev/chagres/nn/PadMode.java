package dev.chagres.nn;

/** What a border is made of. */
public enum PadMode {
  /** Zeros. */
  CONSTANT,
  /** What lies as far inside of the edge; the edge itself comes once. */
  REFLECT,
  /** The edge. */
  REPLICATE,
  /** What lies at the other side. */
  CIRCULAR
}
