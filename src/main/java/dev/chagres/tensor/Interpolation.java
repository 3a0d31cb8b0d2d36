package dev.chagres.tensor;

/** What a quantile is that lies between two elements. */
public enum Interpolation {
  /** As far from each as its rank is. */
  LINEAR,
  /** The lower one. */
  LOWER,
  /** The higher one. */
  HIGHER,
  /** The nearer one; of two equally near the one with the even rank. */
  NEAREST,
  /** Their mean. */
  MIDPOINT
}
