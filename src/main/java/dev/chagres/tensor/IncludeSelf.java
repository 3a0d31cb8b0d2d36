package dev.chagres.tensor;

/**
 * Whether an element that is written to counts as one of the values that are reduced: PyTorch's
 * {@code include_self}.
 */
public enum IncludeSelf {
  /** It counts. */
  INCLUDE_SELF,
  /** It does not, but stays where nothing is written. */
  EXCLUDE_SELF
}
