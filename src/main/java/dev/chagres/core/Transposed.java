package dev.chagres.core;

/** Whether a matrix takes part transposed. */
public enum Transposed {
  NO,
  YES;

  /** Returns the other one. */
  public Transposed other() {
    return this == NO ? YES : NO;
  }
}
