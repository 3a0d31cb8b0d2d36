package dev.chagres.nn;

import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.tensor.Tensor;

/** What a loss does with the losses of single elements. */
public enum Reduction {
  /** They stay. */
  NONE,
  /** Their mean, weighted where the loss has weights. */
  MEAN,
  /** Their sum. */
  SUM;

  CrossEntropyForm.Total total() {
    return switch (this) {
      case NONE -> CrossEntropyForm.Total.EACH;
      case MEAN -> CrossEntropyForm.Total.MEAN;
      case SUM -> CrossEntropyForm.Total.SUM;
    };
  }

  Tensor of(Tensor losses) {
    return switch (this) {
      case NONE -> losses;
      case MEAN -> losses.mean();
      case SUM -> losses.sum();
    };
  }
}
