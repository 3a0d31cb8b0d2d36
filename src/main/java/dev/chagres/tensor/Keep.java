package dev.chagres.tensor;

/** What a reduction does with the dimensions that it reduces: PyTorch's {@code keepdim}. */
public enum Keep {
  /** They stay, with size 1. */
  KEEPDIM,
  /** They go. */
  DROPDIM
}
