package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/** {@code max(0, margin - target (input1 - input2))}; called with both and the targets, 1 or -1. */
public final class MarginRankingLoss extends Module {
  private final double margin;
  private final Reduction reduction;

  /** Makes the loss with the margin 0 and {@link Reduction#MEAN}. */
  public MarginRankingLoss() {
    this(0, Reduction.MEAN);
  }

  /** Makes the loss. */
  public MarginRankingLoss(double margin, Reduction reduction) {
    this.margin = margin;
    this.reduction = given("MarginRankingLoss", "reduction", reduction);
  }

  @Override
  public Tensor forward(Tensor... inputs) {
    Checks.inputs(this, 3, "two inputs and targets", inputs);
    return Functional.marginRankingLoss(inputs[0], inputs[1], inputs[2], margin, reduction);
  }
}
