package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * {@code 1 - cos} of pairs with target 1, and what cos is above a margin of those with target -1;
 * called with both and the targets.
 */
public final class CosineEmbeddingLoss extends Module {
  private final double margin;
  private final Reduction reduction;

  /** Makes the loss with the margin 0 and {@link Reduction#MEAN}. */
  public CosineEmbeddingLoss() {
    this(0, Reduction.MEAN);
  }

  /** Makes the loss. */
  public CosineEmbeddingLoss(double margin, Reduction reduction) {
    this.margin = margin;
    this.reduction = given("CosineEmbeddingLoss", "reduction", reduction);
  }

  @Override
  public Tensor forward(Tensor... inputs) {
    Checks.inputs(this, 3, "two inputs and targets", inputs);
    return Functional.cosineEmbeddingLoss(inputs[0], inputs[1], inputs[2], margin, reduction);
  }
}
