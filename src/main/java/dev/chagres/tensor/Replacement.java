package dev.chagres.tensor;

/** Whether what was drawn or chosen may be so again: PyTorch's {@code replacement}. */
public enum Replacement {
  /** It can come several times. */
  WITH_REPLACEMENT,
  /** It comes once at most. */
  WITHOUT_REPLACEMENT
}
