package dev.chagres.core;

/** Which way elements are in order. */
public enum Order {
  /** The least comes first. */
  ASCENDING,
  /** The greatest comes first. */
  DESCENDING
}
