package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Shape;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;

/**
 * Initial values, written in place and not recorded: PyTorch's {@code torch.nn.init}, with the same
 * numbers for the same seed.
 *
 * <p>The fans of a weight (out, in, …) are the number of elements of one of its slices: {@code in *
 * …} inward, {@code out * …} outward.
 */
public final class Init {
  private Init() {}

  /** Which fan keeps its variance in the initialisations of He et al. */
  public enum Fan {
    /** That of the activations, going forward. */
    IN,
    /** That of the gradients, going backward. */
    OUT
  }

  /** What follows a weight, and so how much its values are scaled up. */
  public enum Nonlinearity {
    /** Nothing. */
    LINEAR,
    /** The logistic function. */
    SIGMOID,
    /** The hyperbolic tangent. */
    TANH,
    /** The rectifier. */
    RELU,
    /** The rectifier with a slope below 0. */
    LEAKY_RELU,
    /** The self-normalising linear unit. */
    SELU
  }

  /**
   * Returns the recommended gain before a nonlinearity; of {@code LEAKY_RELU} with PyTorch's slope
   * of 0.01.
   */
  public static double calculateGain(Nonlinearity nonlinearity) {
    return calculateGain(nonlinearity, 0.01);
  }

  /**
   * Returns the recommended gain before a nonlinearity: {@code sqrt(2 / (1 + slope^2))} for {@code
   * LEAKY_RELU}; the others have no slope.
   */
  public static double calculateGain(Nonlinearity nonlinearity, double slope) {
    return switch (given("calculateGain", "nonlinearity", nonlinearity)) {
      case LINEAR, SIGMOID -> 1;
      case TANH -> 5.0 / 3;
      case RELU -> Math.sqrt(2);
      case LEAKY_RELU -> Math.sqrt(2 / (1 + slope * slope));
      case SELU -> 3.0 / 4;
    };
  }

  /** Fills uniformly from [low, high). */
  public static Tensor uniform_(Tensor tensor, double low, double high) {
    given("uniform_", "tensor", tensor);
    return Autograd.noGrad(() -> tensor.uniform_(low, high));
  }

  /** Fills from the normal distribution. */
  public static Tensor normal_(Tensor tensor, double mean, double std) {
    given("normal_", "tensor", tensor);
    return Autograd.noGrad(() -> tensor.normal_(mean, std));
  }

  /** Fills with one value. */
  public static Tensor constant_(Tensor tensor, double value) {
    given("constant_", "tensor", tensor);
    return Autograd.noGrad(() -> tensor.fill_(value));
  }

  /** Fills with zeros. */
  public static Tensor zeros_(Tensor tensor) {
    return constant_(given("zeros_", "tensor", tensor), 0);
  }

  /** Fills with ones. */
  public static Tensor ones_(Tensor tensor) {
    return constant_(given("ones_", "tensor", tensor), 1);
  }

  /** Fills a matrix with ones on the diagonal and zeros elsewhere. */
  public static Tensor eye_(Tensor tensor) {
    if (given("eye_", "tensor", tensor).dim() != 2) {
      throw new IllegalArgumentException("eye_: needs two dimensions, not shape " + tensor.shape());
    }
    return Autograd.noGrad(
        () -> tensor.copy_(Tensor.eye(tensor.dtype(), tensor.size(0), tensor.size(1))));
  }

  /**
   * Fills uniformly so that variances stay the same in both directions (Glorot and Bengio, 2010),
   * with gain 1.
   */
  public static Tensor xavierUniform_(Tensor tensor) {
    return xavierUniform_(tensor, 1);
  }

  /** Fills uniformly from ±{@code gain * sqrt(6 / (fanIn + fanOut))} (Glorot and Bengio, 2010). */
  public static Tensor xavierUniform_(Tensor tensor, double gain) {
    double bound = Math.sqrt(3.0) * xavierStd("xavierUniform_", tensor, gain);
    return uniform_(tensor, -bound, bound);
  }

  /**
   * Fills normally so that variances stay the same in both directions (Glorot and Bengio, 2010),
   * with gain 1.
   */
  public static Tensor xavierNormal_(Tensor tensor) {
    return xavierNormal_(tensor, 1);
  }

  /**
   * Fills normally with the standard deviation {@code gain * sqrt(2 / (fanIn + fanOut))} (Glorot
   * and Bengio, 2010).
   */
  public static Tensor xavierNormal_(Tensor tensor, double gain) {
    return normal_(tensor, 0, xavierStd("xavierNormal_", tensor, gain));
  }

  private static double xavierStd(String name, Tensor tensor, double gain) {
    return gain * Math.sqrt(2.0 / (fan(name, tensor, Fan.IN) + fan(name, tensor, Fan.OUT)));
  }

  /**
   * Fills uniformly for a rectifier behind it (He et al., 2015): the same as with slope 0 and
   * {@link Fan#IN}.
   */
  public static Tensor kaimingUniform_(Tensor tensor) {
    return kaimingUniform_(tensor, 0, Fan.IN, Nonlinearity.LEAKY_RELU);
  }

  /** Fills uniformly from ±{@code gain * sqrt(3 / fan)} (He et al., 2015). */
  public static Tensor kaimingUniform_(
      Tensor tensor, double slope, Fan fan, Nonlinearity nonlinearity) {
    String name = "kaimingUniform_";
    given(name, "fan", fan);
    given(name, "nonlinearity", nonlinearity);
    if (given(name, "tensor", tensor).numel() == 0) {
      return tensor;
    }
    double bound = Math.sqrt(3.0) * kaimingStd(name, tensor, slope, fan, nonlinearity);
    return uniform_(tensor, -bound, bound);
  }

  /**
   * Fills normally for a rectifier behind it (He et al., 2015): the same as with slope 0 and {@link
   * Fan#IN}.
   */
  public static Tensor kaimingNormal_(Tensor tensor) {
    return kaimingNormal_(tensor, 0, Fan.IN, Nonlinearity.LEAKY_RELU);
  }

  /** Fills normally with the standard deviation {@code gain / sqrt(fan)} (He et al., 2015). */
  public static Tensor kaimingNormal_(
      Tensor tensor, double slope, Fan fan, Nonlinearity nonlinearity) {
    String name = "kaimingNormal_";
    given(name, "fan", fan);
    given(name, "nonlinearity", nonlinearity);
    if (given(name, "tensor", tensor).numel() == 0) {
      return tensor;
    }
    return normal_(tensor, 0, kaimingStd(name, tensor, slope, fan, nonlinearity));
  }

  private static double kaimingStd(
      String name, Tensor tensor, double slope, Fan fan, Nonlinearity nonlinearity) {
    return calculateGain(nonlinearity, slope) / Math.sqrt((double) fan(name, tensor, fan));
  }

  /**
   * The default of linear layers and convolutions: a slope of sqrt(5) makes the bound {@code 1 /
   * sqrt(fanIn)}; a bias is drawn from the same range.
   */
  static void defaults_(Tensor weight) {
    kaimingUniform_(weight, Math.sqrt(5), Fan.IN, Nonlinearity.LEAKY_RELU);
  }

  static void defaultBias_(Tensor bias, Tensor weight) {
    long fanIn = fan("bias", weight, Fan.IN);
    double bound = fanIn > 0 ? 1 / Math.sqrt((double) fanIn) : 0;
    uniform_(bias, -bound, bound);
  }

  private static long fan(String name, Tensor tensor, Fan fan) {
    Shape shape = given(name, "tensor", tensor).shape();
    if (shape.dim() < 2) {
      throw new IllegalArgumentException(
          name + ": a fan needs at least two dimensions, not shape " + shape);
    }
    long field = shape.slice(2, shape.dim()).numel();
    return shape.size(fan == Fan.IN ? 1 : 0) * field;
  }
}
