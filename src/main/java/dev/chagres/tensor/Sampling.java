package dev.chagres.tensor;

/** Whether what was drawn may be drawn again: {@code replacement} of PyTorch's multinomial. */
public enum Sampling {
  /** A position can come several times. */
  WITH_REPLACEMENT,
  /** A position comes once at most. */
  WITHOUT_REPLACEMENT
}
