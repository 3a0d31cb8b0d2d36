package dev.chagres.tensor;

/** Where an element goes among equal ones in a sorted row. */
public enum Side {
  /** Before them. */
  LEFT,
  /** Behind them. */
  RIGHT
}
