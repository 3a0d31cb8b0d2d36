package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/** The input where the target is 1, and {@code max(0, margin - input)} where it is -1. */
public final class HingeEmbeddingLoss extends Loss {
  private final double margin;
  private final Reduction reduction;

  /** Makes the loss with the margin 1 and {@link Reduction#MEAN}. */
  public HingeEmbeddingLoss() {
    this(1, Reduction.MEAN);
  }

  /** Makes the loss. */
  public HingeEmbeddingLoss(double margin, Reduction reduction) {
    this.margin = margin;
    this.reduction = given("HingeEmbeddingLoss", "reduction", reduction);
  }

  @Override
  public Tensor forward(Tensor input, Tensor target) {
    return Functional.hingeEmbeddingLoss(input, target, margin, reduction);
  }
}
