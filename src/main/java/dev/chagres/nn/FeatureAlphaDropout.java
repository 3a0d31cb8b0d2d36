package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * In training, sets whole channels of (n, c, …) to what SELU saturates to at random, so that mean 0
 * and variance 1 stay; in evaluation, does nothing.
 */
public final class FeatureAlphaDropout extends DropoutLayer {
  /** Makes a layer that drops half of the channels. */
  public FeatureAlphaDropout() {
    this(0.5);
  }

  /**
   * Makes a layer that drops a channel with a probability.
   *
   * @throws IllegalArgumentException if it is not in [0, 1]
   */
  public FeatureAlphaDropout(double p) {
    super("featureAlphaDropout", p);
  }

  @Override
  Tensor dropped(Tensor x, double p) {
    return Functional.featureAlphaDropout(x, p);
  }
}
