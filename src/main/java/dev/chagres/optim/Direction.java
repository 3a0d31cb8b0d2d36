package dev.chagres.optim;

/** Where the steps of an optimizer lead. */
public enum Direction {
  /** To smaller losses. */
  DOWN,
  /** To greater ones. */
  UP
}
