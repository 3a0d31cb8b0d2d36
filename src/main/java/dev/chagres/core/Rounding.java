package dev.chagres.core;

/** What happens to the last position of a sliding window that does not fit. */
public enum Rounding {
  /** It is left out. */
  FLOOR,
  /** It is taken, with what is there of it. */
  CEIL
}
