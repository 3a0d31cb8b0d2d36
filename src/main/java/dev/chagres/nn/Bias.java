package dev.chagres.nn;

/** Whether a layer adds a bias. */
public enum Bias {
  /** It does, and learns it. */
  LEARNED,
  /** It does not. */
  NONE
}
