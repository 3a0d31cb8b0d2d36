package dev.chagres.tensor;

/** Whether an element that was chosen may be chosen again. */
public enum Replacement {
  WITH_REPLACEMENT,
  WITHOUT_REPLACEMENT
}
