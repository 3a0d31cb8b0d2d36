package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** The mean over classes of the cross entropy of each, given scores and truths (…, classes). */
public final class MultiLabelSoftMarginLoss extends Loss {
  private final @Nullable Tensor weight;
  private final Reduction reduction;

  /** Makes the loss with {@link Reduction#MEAN}. */
  public MultiLabelSoftMarginLoss() {
    this(null, Reduction.MEAN);
  }

  /**
   * Makes the loss, with a factor for each class or null for 1; it shares the memory of the tensor
   * given until it is moved or converted.
   */
  public MultiLabelSoftMarginLoss(@Nullable Tensor weight, Reduction reduction) {
    this.weight = weight == null ? null : registerBuffer("weight", weight.detach());
    this.reduction = given("MultiLabelSoftMarginLoss", "reduction", reduction);
  }

  @Override
  public Tensor forward(Tensor input, Tensor target) {
    return Functional.multilabelSoftMarginLoss(input, target, weight, reduction);
  }
}
