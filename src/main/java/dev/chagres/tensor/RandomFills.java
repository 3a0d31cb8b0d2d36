package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.Distribution;
import dev.chagres.backend.Trial;
import dev.chagres.core.DType;
import dev.chagres.core.Device;

/**
 * What a {@link Generator} overwrites tensors with. Elements are drawn in the order in which they
 * lie in memory. Gradients end there: that of what was overwritten is 0.
 */
abstract sealed class RandomFills extends Draws permits RandomChoices {
  RandomFills(Device device, long seed) {
    super(device, seed);
  }

  /** Fills a tensor uniformly from [0, 1). */
  public final Tensor uniform_(Tensor target) {
    return uniform_(target, 0, 1);
  }

  /**
   * Fills a tensor uniformly from [low, high).
   *
   * @throws IllegalArgumentException if this is no range, or the dtype has no number as great as
   *     one of its ends or its length
   */
  public final Tensor uniform_(Tensor target, double low, double high) {
    given("uniform_", "target", target);
    checkFloating("uniform_", target.dtype());
    double most = target.dtype().max().doubleValue();
    if (!(low <= high) || !(low >= -most) || !(high <= most) || !(high - low <= most)) {
      throw new IllegalArgumentException(
          "uniform_: [" + low + ", " + high + ") is no range of " + target.dtype());
    }
    return fill("uniform_", "UniformBackward", target, y -> kernels().uniform(state, low, high, y));
  }

  /** Fills a tensor from the standard normal distribution. */
  public final Tensor normal_(Tensor target) {
    return normal_(target, 0, 1);
  }

  /** Fills a tensor from the normal distribution with this mean and standard deviation. */
  public final Tensor normal_(Tensor target, double mean, double std) {
    given("normal_", "target", target);
    checkFloating("normal_", target.dtype());
    checkDeviation("normal_", std);
    return fill("normal_", "NormalBackward", target, normal(target.isContiguous(), mean, std));
  }

  static void checkDeviation(String name, double std) {
    if (!(std >= 0)) {
      throw new IllegalArgumentException(name + ": the standard deviation " + std + " is negative");
    }
  }

  /** Fills a tensor with ones and zeros, each with probability 1/2. */
  public final Tensor bernoulli_(Tensor target) {
    return bernoulli_(target, 0.5);
  }

  /** Fills a tensor with ones, each with probability {@code p}, and zeros. */
  public final Tensor bernoulli_(Tensor target, double p) {
    given("bernoulli_", "target", target);
    checkProbability("bernoulli_", p);
    return fill("bernoulli_", "BernoulliBackward2", target, y -> kernels().bernoulli(state, p, y));
  }

  /**
   * Fills a tensor of any dtype with ones, each with the probability at its place in {@code p}, and
   * zeros.
   *
   * @param p broadcast to the target's shape; of a floating dtype
   * @throws IllegalArgumentException if a probability is not in [0, 1]
   */
  public final Tensor bernoulli_(Tensor target, Tensor p) {
    given("bernoulli_", "target", target);
    given("bernoulli_", "p", p);
    checkProbabilities("bernoulli_", p);
    boolean recorded = Writing.isRecorded("bernoulli_", target, p);
    if (recorded) {
      Writing.checkLeaf("bernoulli_", target);
    }
    Writing.check("bernoulli_", target, target.shape(), target.dtype());
    Tensor wide = p.detach().expand(target.shape().toArray());
    Tensor drawn = eachLike(target, Trial.BERNOULLI, wide);
    return recorded
        ? Writing.assign(
            "bernoulli_",
            target,
            recorded("BernoulliBackward1", Copying.cast(drawn, target.dtype()), target, p))
        : Writing.store(drawn, target);
  }

  /** Fills a tensor from the exponential distribution of rate 1. */
  public final Tensor exponential_(Tensor target) {
    return exponential_(target, 1);
  }

  /**
   * Fills a tensor with waiting times for an event of this rate, whose mean is {@code 1 / rate}.
   *
   * @throws IllegalArgumentException if the rate is not positive
   */
  public final Tensor exponential_(Tensor target, double rate) {
    given("exponential_", "target", target);
    checkFloating("exponential_", target.dtype());
    checkPositive("exponential_", "rate", rate);
    return fill(
        "exponential_", "ExponentialBackward", target, of(Distribution.EXPONENTIAL, rate, 0));
  }

  /**
   * Fills a tensor of any dtype but bool with the number of trials up to the first success, each of
   * probability {@code p}: 1, 2, …
   *
   * @throws IllegalArgumentException if p is not in (0, 1)
   */
  public final Tensor geometric_(Tensor target, double p) {
    given("geometric_", "target", target);
    if (target.dtype() == DType.BOOL) {
      throw new IllegalArgumentException("geometric_: not defined for bool");
    } else if (!(p > 0 && p < 1)) {
      throw new IllegalArgumentException("geometric_: the probability " + p + " is not in (0, 1)");
    }
    return fill("geometric_", "GeometricBackward", target, of(Distribution.GEOMETRIC, p, 0));
  }

  /** Fills a tensor with {@code exp} of normal numbers of mean 1 and standard deviation 2. */
  public final Tensor logNormal_(Tensor target) {
    return logNormal_(target, 1, 2);
  }

  /**
   * Fills a tensor with {@code exp} of normal numbers of this mean and standard deviation.
   *
   * @throws IllegalArgumentException if the deviation is not positive
   */
  public final Tensor logNormal_(Tensor target, double mean, double std) {
    given("logNormal_", "target", target);
    checkFloating("logNormal_", target.dtype());
    checkPositive("logNormal_", "standard deviation", std);
    return fill("logNormal_", "LogNormalBackward", target, of(Distribution.LOG_NORMAL, mean, std));
  }

  /** Fills a tensor from the Cauchy distribution of median 0 and scale 1. */
  public final Tensor cauchy_(Tensor target) {
    return cauchy_(target, 0, 1);
  }

  /**
   * Fills a tensor from the Cauchy distribution.
   *
   * @throws IllegalArgumentException if the scale is not positive
   */
  public final Tensor cauchy_(Tensor target, double median, double scale) {
    given("cauchy_", "target", target);
    checkFloating("cauchy_", target.dtype());
    checkPositive("cauchy_", "scale", scale);
    return fill("cauchy_", "CauchyBackward", target, of(Distribution.CAUCHY, median, scale));
  }

  /**
   * Fills a tensor with integers drawn uniformly from 0 to the greatest of its dtype, or, in a
   * floating one, up to which it holds all: 2<sup>24</sup> in float32.
   */
  public final Tensor random_(Tensor target) {
    given("random_", "target", target);
    return fill("random_", "RandomBackward2", target, y -> kernels().words(state, y));
  }

  /** Fills a tensor with integers drawn uniformly from 0 to before {@code high}. */
  public final Tensor random_(Tensor target, long high) {
    return random("random_", "RandomBackward1", given("random_", "target", target), 0, high);
  }

  /**
   * Fills a tensor with integers drawn uniformly from {@code low} (inclusive) to {@code high}
   * (exclusive). Those that a floating dtype does not hold are rounded.
   *
   * @throws IllegalArgumentException if there is no such integer, or the dtype ends before
   */
  public final Tensor random_(Tensor target, long low, long high) {
    return random("random_", "RandomBackward", given("random_", "target", target), low, high);
  }

  final Tensor random(String name, String node, Tensor target, long low, long high) {
    IntegerRange range = IntegerRange.of(name, target.dtype(), low, high);
    return fill(name, node, target, y -> kernels().integers(state, range.low(), range.high(), y));
  }

  // ---- checks

  static void checkFloating(String name, DType dtype) {
    if (!dtype.isFloating()) {
      throw new IllegalArgumentException(name + ": not defined for " + dtype);
    }
  }

  static void checkProbability(String name, double p) {
    if (!(p >= 0 && p <= 1)) {
      throw new IllegalArgumentException(name + ": the probability " + p + " is not in [0, 1]");
    }
  }

  static void checkProbabilities(String name, Tensor p) {
    checkFloating(name, p.dtype());
    if (p.numel() > 0) {
      checkProbability(name, p.detach().min().item());
      checkProbability(name, p.detach().max().item());
    }
  }

  private static void checkPositive(String name, String what, double value) {
    if (!(value > 0)) {
      throw new IllegalArgumentException(name + ": the " + what + " " + value + " is not positive");
    }
  }
}
