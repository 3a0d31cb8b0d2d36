package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** What a loss does with the losses of single elements. */
public enum Reduction {
  /** They stay. */
  NONE,
  /** Their mean, weighted where the loss has weights. */
  MEAN,
  /** Their sum. */
  SUM;

  Tensor of(Tensor losses) {
    return switch (this) {
      case NONE -> losses;
      case MEAN -> losses.mean();
      case SUM -> losses.sum();
    };
  }
}
