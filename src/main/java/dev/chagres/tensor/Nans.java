package dev.chagres.tensor;

/** Whether two NaN are taken for the same: PyTorch's {@code equal_nan}. */
public enum Nans {
  /** They are. */
  EQUAL_NAN,
  /** A NaN equals nothing. */
  UNEQUAL_NAN
}
