package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * Half the squares of small differences, and a multiple of the absolute ones of large: see {@link
 * Functional#huberLoss}.
 */
public final class HuberLoss extends Loss {
  private final double delta;
  private final Reduction reduction;

  /** Makes the loss with {@code delta} 1 and {@link Reduction#MEAN}. */
  public HuberLoss() {
    this(1, Reduction.MEAN);
  }

  /** Makes the loss; {@code delta} is the difference from which on it is linear. */
  public HuberLoss(double delta, Reduction reduction) {
    this.delta = delta;
    this.reduction = given("HuberLoss", "reduction", reduction);
  }

  @Override
  public Tensor forward(Tensor input, Tensor target) {
    return Functional.huberLoss(input, target, delta, reduction);
  }
}
