package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/** The mean of the squares of the differences. */
public final class MSELoss extends Loss {
  private final Reduction reduction;

  /** Makes the loss with {@link Reduction#MEAN}. */
  public MSELoss() {
    this(Reduction.MEAN);
  }

  /** Makes the loss; without {@link Reduction#MEAN}, the sum or all single ones. */
  public MSELoss(Reduction reduction) {
    this.reduction = given("MSELoss", "reduction", reduction);
  }

  @Override
  public Tensor forward(Tensor input, Tensor target) {
    return Functional.mseLoss(input, target, reduction);
  }
}
