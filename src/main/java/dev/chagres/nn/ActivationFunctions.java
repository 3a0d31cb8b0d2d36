package dev.chagres.nn;

import static dev.chagres.check.Given.given;
import static dev.chagres.check.Named.named;

import dev.chagres.core.DType;
import dev.chagres.tensor.Tensor;

/** The functions of {@link Functional} that are activations composed of other operations. */
abstract sealed class ActivationFunctions permits VolumeFunctions {
  ActivationFunctions() {}

  /** Returns x where it is positive, and 0.01 times x elsewhere. */
  public static Tensor leakyRelu(Tensor x) {
    return leakyRelu(x, 0.01);
  }

  /** Returns x where it is positive, and {@code slope} times x elsewhere. */
  public static Tensor leakyRelu(Tensor x, double slope) {
    return named("leakyRelu", () -> Activations.leakyRelu(x, slope));
  }

  /**
   * Returns x where it is positive, and a learned slope times x elsewhere: one slope, a tensor of 1
   * element, or one for each channel, which dim 1 counts (He et al., 2015).
   *
   * @throws IllegalArgumentException if there are more slopes than one, but not as many as channels
   */
  public static Tensor prelu(Tensor x, Tensor weight) {
    return named("prelu", () -> Activations.prelu(x, weight));
  }

  /** Returns x where it is positive, and {@code exp(x) - 1} elsewhere (Clevert et al., 2016). */
  public static Tensor elu(Tensor x) {
    return elu(x, 1);
  }

  /** Returns x where it is positive, and {@code alpha (exp(x) - 1)} elsewhere. */
  public static Tensor elu(Tensor x, double alpha) {
    return named("elu", () -> Activations.elu("elu", x, alpha, 1));
  }

  /**
   * Returns ELU with the alpha and the factor that let activations keep mean 0 and variance 1
   * (Klambauer et al., 2017).
   */
  public static Tensor selu(Tensor x) {
    return named("selu", () -> Activations.selu(x));
  }

  /** Returns x where it is positive, and {@code exp(x) - 1} elsewhere. */
  public static Tensor celu(Tensor x) {
    return celu(x, 1);
  }

  /**
   * Returns x where it is positive, and {@code alpha (exp(x / alpha) - 1)} elsewhere.
   *
   * @throws IllegalArgumentException if alpha is 0
   */
  public static Tensor celu(Tensor x, double alpha) {
    return named("celu", () -> Activations.celu(x, alpha));
  }

  /** Returns x, but what is below -1 as -1, and what is above 1 as 1. */
  public static Tensor hardtanh(Tensor x) {
    return hardtanh(x, -1, 1);
  }

  /**
   * Returns x between two limits, and the nearer limit elsewhere, where the gradient is 0, at the
   * limits themselves too.
   */
  public static Tensor hardtanh(Tensor x, double min, double max) {
    return named("hardtanh", () -> Activations.hardtanh("hardtanh", x, min, max));
  }

  /** Returns {@code min(max(x, 0), 6)}. */
  public static Tensor relu6(Tensor x) {
    return named("relu6", () -> Activations.hardtanh("relu6", x, 0, 6));
  }

  /** Returns {@code min(max(x + 3, 0), 6) / 6}. */
  public static Tensor hardsigmoid(Tensor x) {
    return named("hardsigmoid", () -> Activations.hardsigmoid(x));
  }

  /** Returns x times {@link #hardsigmoid} of it (Howard et al., 2019). */
  public static Tensor hardswish(Tensor x) {
    return named("hardswish", () -> Activations.hardswish(x));
  }

  /** Returns {@code log(1 + exp(x))}, and x itself above 20. */
  public static Tensor softplus(Tensor x) {
    return softplus(x, 1, 20);
  }

  /** Returns {@code log(1 + exp(beta x)) / beta}, and x itself where {@code beta x > threshold}. */
  public static Tensor softplus(Tensor x, double beta, double threshold) {
    return named("softplus", () -> Activations.softplus(x, beta, threshold));
  }

  /** Returns {@code log(1 / (1 + exp(-x)))}. */
  public static Tensor logsigmoid(Tensor x) {
    return named("logsigmoid", () -> Activations.logsigmoid(x));
  }

  /** Returns {@code x tanh(log(1 + exp(x)))} (Misra, 2019). */
  public static Tensor mish(Tensor x) {
    return named("mish", () -> Activations.mish(x));
  }

  /** Returns {@code x / (1 + |x|)}. */
  public static Tensor softsign(Tensor x) {
    given("softsign", "input", x);
    return named("softsign", () -> x.div(x.abs().add(1)));
  }

  /** Returns {@code x - tanh(x)}. */
  public static Tensor tanhshrink(Tensor x) {
    given("tanhshrink", "input", x);
    return named("tanhshrink", () -> x.sub(x.tanh()));
  }

  /** Returns x, and 0 for what is at most 0.5 from 0. */
  public static Tensor hardshrink(Tensor x) {
    return hardshrink(x, 0.5);
  }

  /** Returns x, and 0 for what is at most {@code lambda} from 0. */
  public static Tensor hardshrink(Tensor x, double lambda) {
    return named("hardshrink", () -> Activations.hardshrink(x, lambda));
  }

  /** Returns x brought nearer to 0 by 0.5, or to 0. */
  public static Tensor softshrink(Tensor x) {
    return softshrink(x, 0.5);
  }

  /**
   * Returns x brought nearer to 0 by {@code lambda}, or to 0.
   *
   * @throws IllegalArgumentException if lambda is negative
   */
  public static Tensor softshrink(Tensor x, double lambda) {
    return named("softshrink", () -> Activations.softshrink(x, lambda));
  }

  /** Returns x where it is above the threshold, and a value elsewhere. */
  public static Tensor threshold(Tensor x, double threshold, double value) {
    return named("threshold", () -> Activations.threshold(x, threshold, value));
  }

  /** Returns {@code exp(-x)} divided by its sum along a dimension. */
  public static Tensor softmin(Tensor x, int dim) {
    given("softmin", "input", x);
    return named("softmin", () -> x.neg().softmax(dim));
  }

  /** The same, computed in a dtype. */
  public static Tensor softmin(Tensor x, int dim, DType dtype) {
    given("softmin", "input", x);
    return named("softmin", () -> x.neg().softmax(dim, given("softmin", "dtype", dtype)));
  }

  /** Returns {@link #glu(Tensor, int)} along the last dimension. */
  public static Tensor glu(Tensor x) {
    return glu(x, -1);
  }

  /**
   * Returns the first half of x along a dimension times the sigmoid of the second (Dauphin et al.,
   * 2017).
   *
   * @throws IllegalArgumentException if the size is odd
   */
  public static Tensor glu(Tensor x, int dim) {
    return named("glu", () -> Activations.glu(x, dim));
  }
}
