package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** The cross entropy of two classes, given the probability of the positive one. */
public final class BCELoss extends Loss {
  private final @Nullable Tensor weight;
  private final Reduction reduction;

  /** Makes the loss with {@link Reduction#MEAN}. */
  public BCELoss() {
    this(null, Reduction.MEAN);
  }

  /**
   * Makes the loss, with a factor for each element, broadcast, or null for 1; it shares the memory
   * of the tensor given until it is moved or converted.
   */
  public BCELoss(@Nullable Tensor weight, Reduction reduction) {
    this.weight = weight == null ? null : registerBuffer("weight", weight.detach());
    this.reduction = given("BCELoss", "reduction", reduction);
  }

  @Override
  public Tensor forward(Tensor input, Tensor target) {
    return Functional.binaryCrossEntropy(input, target, weight, reduction);
  }
}
