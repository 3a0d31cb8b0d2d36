package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/** {@code log(1 + exp(-target input))} for targets 1 and -1. */
public final class SoftMarginLoss extends Loss {
  private final Reduction reduction;

  /** Makes the loss with {@link Reduction#MEAN}. */
  public SoftMarginLoss() {
    this(Reduction.MEAN);
  }

  /** Makes the loss. */
  public SoftMarginLoss(Reduction reduction) {
    this.reduction = given("SoftMarginLoss", "reduction", reduction);
  }

  @Override
  public Tensor forward(Tensor input, Tensor target) {
    return Functional.softMarginLoss(input, target, reduction);
  }
}
