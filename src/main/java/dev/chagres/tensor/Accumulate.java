package dev.chagres.tensor;

/** Whether writing adds to what is there: PyTorch's {@code accumulate}. */
public enum Accumulate {
  /** Values are added, also where a position is named more than once. */
  ACCUMULATE,
  /** Values replace what is there; of several for one position, the last stays. */
  REPLACE
}
