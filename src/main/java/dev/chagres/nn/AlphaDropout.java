package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * In training, sets elements to what SELU saturates to at random, so that mean 0 and variance 1
 * stay; in evaluation, does nothing.
 */
public final class AlphaDropout extends DropoutLayer {
  /** Makes a layer that drops half of the elements. */
  public AlphaDropout() {
    this(0.5);
  }

  /**
   * Makes a layer that drops an element with a probability.
   *
   * @throws IllegalArgumentException if it is not in [0, 1]
   */
  public AlphaDropout(double p) {
    super("alphaDropout", p);
  }

  @Override
  Tensor dropped(Tensor x, double p) {
    return Functional.alphaDropout(x, p);
  }
}
