package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * Half the squares of small differences, and the absolute ones of large: see {@link
 * Functional#smoothL1Loss}.
 */
public final class SmoothL1Loss extends Loss {
  private final double beta;
  private final Reduction reduction;

  /** Makes the loss with {@code beta} 1 and {@link Reduction#MEAN}. */
  public SmoothL1Loss() {
    this(1, Reduction.MEAN);
  }

  /** Makes the loss; {@code beta} is the difference from which on it is linear. */
  public SmoothL1Loss(double beta, Reduction reduction) {
    this.beta = beta;
    this.reduction = given("SmoothL1Loss", "reduction", reduction);
  }

  @Override
  public Tensor forward(Tensor input, Tensor target) {
    return Functional.smoothL1Loss(input, target, beta, reduction);
  }
}
