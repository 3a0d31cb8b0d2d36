package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/** The mean of the absolute differences. */
public final class L1Loss extends Loss {
  private final Reduction reduction;

  /** Makes the loss with {@link Reduction#MEAN}. */
  public L1Loss() {
    this(Reduction.MEAN);
  }

  /** Makes the loss; without {@link Reduction#MEAN}, the sum or all single ones. */
  public L1Loss(Reduction reduction) {
    this.reduction = given("L1Loss", "reduction", reduction);
  }

  @Override
  public Tensor forward(Tensor input, Tensor target) {
    return Functional.l1Loss(input, target, reduction);
  }
}
