package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Shape;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Index;
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

  /** The generator that draws for a tensor unless another is given. */
  private static Generator generator(String name, Tensor tensor) {
    return Generator.standard(given(name, "tensor", tensor).device());
  }

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

  /** Fills uniformly from [0, 1). */
  public static Tensor uniform_(Tensor tensor) {
    return uniform_(tensor, 0, 1);
  }

  /** Fills uniformly from [low, high). */
  public static Tensor uniform_(Tensor tensor, double low, double high) {
    return uniform_(tensor, low, high, generator("uniform_", tensor));
  }

  /** Fills uniformly from [low, high), with a generator's numbers. */
  public static Tensor uniform_(Tensor tensor, double low, double high, Generator generator) {
    given("uniform_", "tensor", tensor);
    given("uniform_", "generator", generator);
    return Autograd.noGrad(() -> generator.uniform_(tensor, low, high));
  }

  /** Fills from the standard normal distribution. */
  public static Tensor normal_(Tensor tensor) {
    return normal_(tensor, 0, 1);
  }

  /** Fills from the normal distribution. */
  public static Tensor normal_(Tensor tensor, double mean, double std) {
    return normal_(tensor, mean, std, generator("normal_", tensor));
  }

  /** Fills from the normal distribution, with a generator's numbers. */
  public static Tensor normal_(Tensor tensor, double mean, double std, Generator generator) {
    given("normal_", "tensor", tensor);
    given("normal_", "generator", generator);
    return Autograd.noGrad(() -> generator.normal_(tensor, mean, std));
  }

  /** Fills from the standard normal distribution, of which only what is from -2 to 2 is kept. */
  public static Tensor truncNormal_(Tensor tensor) {
    return truncNormal_(tensor, 0, 1, -2, 2);
  }

  /**
   * Fills from the normal distribution, of which only what is from {@code low} to {@code high} is
   * kept.
   *
   * @throws IllegalArgumentException if std is not positive, or low is greater than high
   */
  public static Tensor truncNormal_(
      Tensor tensor, double mean, double std, double low, double high) {
    given("truncNormal_", "tensor", tensor);
    var normal = new Sampling.Truncated(mean, std, low, high);
    return Autograd.noGrad(() -> normal.fill(tensor, generator("truncNormal_", tensor)));
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
        () ->
            tensor.copy_(
                Tensor.eye(tensor.device(), tensor.dtype(), tensor.size(0), tensor.size(1))));
  }

  /**
   * Fills the weight of a convolution so that it hands its input on, as far as it has channels:
   * with ones in the middle of the slices (i, i), and zeros elsewhere.
   *
   * @throws IllegalArgumentException if it has not 3 to 5 dimensions
   */
  public static Tensor dirac_(Tensor tensor) {
    return dirac_(tensor, 1);
  }

  /**
   * The same for a convolution in groups: each hands its own first channels on.
   *
   * @throws IllegalArgumentException if the tensor has not 3 to 5 dimensions, or the first is not a
   *     multiple of the number of groups
   */
  public static Tensor dirac_(Tensor tensor, long groups) {
    int rank = given("dirac_", "tensor", tensor).dim();
    if (rank < 3 || rank > 5) {
      throw new IllegalArgumentException(
          "dirac_: needs 3 to 5 dimensions, not shape " + tensor.shape());
    } else if (groups < 1 || tensor.size(0) % groups != 0) {
      throw new IllegalArgumentException(
          "dirac_: " + tensor.size(0) + " channels are not of " + groups + " groups");
    }
    return Autograd.noGrad(
        () -> {
          tensor.zero_();
          if (tensor.numel() > 0) {
            Tensor middle = tensor;
            while (middle.dim() > 2) {
              middle = middle.select(-1, middle.size(-1) / 2);
            }
            for (Tensor group : middle.chunk(groups, 0)) {
              group.diagonal(0).fill_(1);
            }
          }
          return tensor;
        });
  }

  /** Fills a matrix normally with standard deviation 0.01, and sets this part of it to 0. */
  public static Tensor sparse_(Tensor tensor, double sparsity) {
    return sparse_(tensor, sparsity, 0.01);
  }

  /**
   * Fills a matrix normally, and sets this part of each column, rounded up, to 0 (Martens, 2010).
   *
   * @throws IllegalArgumentException if it has not two dimensions, or sparsity is not in [0, 1]
   */
  public static Tensor sparse_(Tensor tensor, double sparsity, double std) {
    return sparse_(tensor, sparsity, std, generator("sparse_", tensor));
  }

  /**
   * The same with a generator's numbers; which elements become 0 the default generator draws, as in
   * PyTorch.
   */
  public static Tensor sparse_(Tensor tensor, double sparsity, double std, Generator generator) {
    given("sparse_", "tensor", tensor);
    given("sparse_", "generator", generator);
    if (tensor.dim() != 2) {
      throw new IllegalArgumentException(
          "sparse_: needs two dimensions, not shape " + tensor.shape());
    } else if (!(sparsity >= 0 && sparsity <= 1)) {
      throw new IllegalArgumentException("sparse_: the part " + sparsity + " is not in [0, 1]");
    }
    long rows = tensor.size(0);
    long zeros = (long) Math.ceil(sparsity * rows);
    return Autograd.noGrad(
        () -> {
          generator.normal_(tensor, 0, std);
          for (Tensor column : tensor.unbind(1)) {
            column.put(0, Index.of(Tensor.randperm(rows).narrow(0, 0, zeros)));
          }
          return tensor;
        });
  }

  /**
   * Fills with a matrix whose rows, or columns if there are fewer of these, have length 1 and are
   * orthogonal to each other (Saxe et al., 2013); dimensions after the first count as columns.
   *
   * @throws IllegalArgumentException if there are fewer than two dimensions, or the dtype is
   *     neither float32 nor float64
   */
  public static Tensor orthogonal_(Tensor tensor) {
    return orthogonal_(tensor, 1);
  }

  /** The same, multiplied by a gain. */
  public static Tensor orthogonal_(Tensor tensor, double gain) {
    return orthogonal_(tensor, gain, generator("orthogonal_", tensor));
  }

  /** The same with a generator's numbers. */
  public static Tensor orthogonal_(Tensor tensor, double gain, Generator generator) {
    given("orthogonal_", "tensor", tensor);
    given("orthogonal_", "generator", generator);
    return Autograd.noGrad(() -> Sampling.orthogonal(tensor, gain, generator));
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
    return xavierUniform_(tensor, gain, generator("xavierUniform_", tensor));
  }

  /** The same with a generator's numbers. */
  public static Tensor xavierUniform_(Tensor tensor, double gain, Generator generator) {
    double bound = Math.sqrt(3.0) * xavierStd("xavierUniform_", tensor, gain);
    return uniform_(tensor, -bound, bound, given("xavierUniform_", "generator", generator));
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
    return xavierNormal_(tensor, gain, generator("xavierNormal_", tensor));
  }

  /** The same with a generator's numbers. */
  public static Tensor xavierNormal_(Tensor tensor, double gain, Generator generator) {
    double std = xavierStd("xavierNormal_", tensor, gain);
    return normal_(tensor, 0, std, given("xavierNormal_", "generator", generator));
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
    return kaimingUniform_(tensor, slope, fan, nonlinearity, generator("kaimingUniform_", tensor));
  }

  /** The same with a generator's numbers. */
  public static Tensor kaimingUniform_(
      Tensor tensor, double slope, Fan fan, Nonlinearity nonlinearity, Generator generator) {
    String name = "kaimingUniform_";
    given(name, "generator", generator);
    given(name, "fan", fan);
    given(name, "nonlinearity", nonlinearity);
    if (given(name, "tensor", tensor).numel() == 0) {
      return tensor;
    }
    double bound = Math.sqrt(3.0) * kaimingStd(name, tensor, slope, fan, nonlinearity);
    return uniform_(tensor, -bound, bound, generator);
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
    return kaimingNormal_(tensor, slope, fan, nonlinearity, generator("kaimingNormal_", tensor));
  }

  /** The same with a generator's numbers. */
  public static Tensor kaimingNormal_(
      Tensor tensor, double slope, Fan fan, Nonlinearity nonlinearity, Generator generator) {
    String name = "kaimingNormal_";
    given(name, "generator", generator);
    given(name, "fan", fan);
    given(name, "nonlinearity", nonlinearity);
    if (given(name, "tensor", tensor).numel() == 0) {
      return tensor;
    }
    return normal_(tensor, 0, kaimingStd(name, tensor, slope, fan, nonlinearity), generator);
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
