package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * How far the scores of wanted classes are less than 1 above each of the others, given scores (n,
 * classes) and lists of classes of the same shape, which end at the first -1.
 */
public final class MultiLabelMarginLoss extends Loss {
  private final Reduction reduction;

  /** Makes the loss with {@link Reduction#MEAN}. */
  public MultiLabelMarginLoss() {
    this(Reduction.MEAN);
  }

  /** Makes the loss. */
  public MultiLabelMarginLoss(Reduction reduction) {
    this.reduction = given("MultiLabelMarginLoss", "reduction", reduction);
  }

  @Override
  public Tensor forward(Tensor input, Tensor target) {
    return Functional.multilabelMarginLoss(input, target, reduction);
  }
}
