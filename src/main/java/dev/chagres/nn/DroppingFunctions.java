package dev.chagres.nn;

import static dev.chagres.check.Named.named;

import dev.chagres.tensor.Tensor;

/** The functions of {@link Functional} that drop at random, as in training. */
abstract sealed class DroppingFunctions extends VolumeFunctions permits WindowFunctions {
  DroppingFunctions() {}

  /**
   * Returns sequences (n, c, length) or (c, length) with whole channels set to 0 with probability
   * {@code p}, and the others divided by {@code 1 - p}.
   *
   * @throws IllegalArgumentException if p is not in [0, 1]
   */
  public static Tensor dropout1d(Tensor x, double p) {
    return named("dropout1d", () -> Dropouts.channels("dropout1d", x, p, 2));
  }

  /**
   * Returns images (n, c, h, w) with whole channels set to 0 with probability {@code p}, and the
   * others divided by {@code 1 - p}. As in PyTorch the first two dimensions are batch and channels
   * whatever the others are.
   *
   * @throws IllegalArgumentException if p is not in [0, 1]
   */
  public static Tensor dropout2d(Tensor x, double p) {
    return named("dropout2d", () -> Dropouts.channels("dropout2d", x, p));
  }

  /**
   * Returns volumes (n, c, d, h, w) or (c, d, h, w) with whole channels set to 0 with probability
   * {@code p}, and the others divided by {@code 1 - p}.
   *
   * @throws IllegalArgumentException if p is not in [0, 1]
   */
  public static Tensor dropout3d(Tensor x, double p) {
    return named("dropout3d", () -> Dropouts.channels("dropout3d", x, p, 4));
  }

  /**
   * Returns x with elements set to what SELU saturates to with probability {@code p}, scaled and
   * shifted so that mean 0 and variance 1 stay (Klambauer et al., 2017).
   *
   * @throws IllegalArgumentException if p is not in [0, 1]
   */
  public static Tensor alphaDropout(Tensor x, double p) {
    return named("alphaDropout", () -> Dropouts.alpha("alphaDropout", x, p));
  }

  /**
   * The same with whole channels of (n, c, …).
   *
   * @throws IllegalArgumentException if p is not in [0, 1]
   */
  public static Tensor featureAlphaDropout(Tensor x, double p) {
    return named(
        "featureAlphaDropout", () -> Dropouts.alphaOfChannels("featureAlphaDropout", x, p));
  }

  /**
   * Returns x where it is positive, and elsewhere times numbers drawn uniformly from [lower, upper)
   * for each element; in evaluation it is {@link #leakyRelu} with their mean.
   *
   * @throws IllegalArgumentException if lower is above upper
   */
  public static Tensor rrelu(Tensor x, double lower, double upper) {
    return named("rrelu", () -> Dropouts.rrelu(x, lower, upper));
  }

  /** Returns {@link #gumbelSoftmax(Tensor, double, Choice, int)} along the last dimension. */
  public static Tensor gumbelSoftmax(Tensor logits) {
    return gumbelSoftmax(logits, 1, Choice.SOFT, -1);
  }

  /**
   * Returns the softmax along a dimension of logits with noise, divided by {@code tau}, whose
   * greatest element is a draw from the categories (Jang et al., 2017); a hard choice is 1 there
   * and 0 elsewhere, with the gradients of the soft one.
   */
  public static Tensor gumbelSoftmax(Tensor logits, double tau, Choice choice, int dim) {
    return named("gumbelSoftmax", () -> Dropouts.gumbelSoftmax(logits, tau, choice, dim));
  }
}
