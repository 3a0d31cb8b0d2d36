package dev.chagres.core;

/**
 * Left or right: where a matrix stands in a product, or where an element goes among equal ones in a
 * sorted row.
 */
public enum Side {
  /** Before the other matrix, or before the equal elements. */
  LEFT,
  /** Behind the other matrix, or behind the equal elements. */
  RIGHT
}
