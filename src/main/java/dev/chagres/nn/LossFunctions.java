package dev.chagres.nn;

import static dev.chagres.check.Named.named;

import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/** The functions of {@link Functional} that compare, and losses made of them. */
abstract sealed class LossFunctions extends ImageFunctions permits MarginFunctions {
  LossFunctions() {}

  // ---- lengths and distances

  /** Returns x divided by the norms along dim 1. */
  public static Tensor normalize(Tensor x) {
    return normalize(x, 2, 1, 1e-12);
  }

  /** Returns x divided by the norms along a dimension. */
  public static Tensor normalize(Tensor x, int dim) {
    return normalize(x, 2, dim, 1e-12);
  }

  /** Returns x divided by the p-norms along a dimension. */
  public static Tensor normalize(Tensor x, double p, int dim) {
    return normalize(x, p, dim, 1e-12);
  }

  /** Returns x divided by the p-norms along a dimension, or by eps where these are less. */
  public static Tensor normalize(Tensor x, double p, int dim, double eps) {
    return named("normalize", () -> Distances.normalize(x, p, dim, eps));
  }

  /** Returns the cosines of the angles between vectors along dim 1. */
  public static Tensor cosineSimilarity(Tensor x, Tensor y) {
    return cosineSimilarity(x, y, 1, 1e-8);
  }

  /** Returns the cosines of the angles between vectors along a dimension; the two broadcast. */
  public static Tensor cosineSimilarity(Tensor x, Tensor y, int dim) {
    return cosineSimilarity(x, y, dim, 1e-8);
  }

  /**
   * Returns the cosines of the angles between vectors along a dimension, whose norms count as eps
   * where they are less; the two broadcast.
   */
  public static Tensor cosineSimilarity(Tensor x, Tensor y, int dim, double eps) {
    return named("cosineSimilarity", () -> Distances.cosineSimilarity(x, y, dim, eps));
  }

  /** Returns the Euclidean distances of vectors along the last dimension. */
  public static Tensor pairwiseDistance(Tensor x, Tensor y) {
    return pairwiseDistance(x, y, 2, 1e-6, Keep.DROPDIM);
  }

  /** Returns the p-norms, along the last dimension, of the differences plus eps. */
  public static Tensor pairwiseDistance(Tensor x, Tensor y, double p, double eps, Keep keep) {
    return named("pairwiseDistance", () -> Distances.pairwiseDistance(x, y, p, eps, keep));
  }

  // ---- losses

  /** Returns the mean cross entropy of two classes, given the probability of the positive. */
  public static Tensor binaryCrossEntropy(Tensor input, Tensor target) {
    return binaryCrossEntropy(input, target, null, Reduction.MEAN);
  }

  /** Returns the cross entropy of two classes, given the probability of the positive, reduced. */
  public static Tensor binaryCrossEntropy(Tensor input, Tensor target, Reduction reduction) {
    return binaryCrossEntropy(input, target, null, reduction);
  }

  /**
   * Returns the cross entropy of two classes, given the probability of the positive, times a weight
   * or null, which broadcasts to the input, reduced. Logarithms below -100 count as that; the
   * gradient {@code (input - target) / (input (1 - input))} is divided by at least 1e-12.
   *
   * @throws IllegalArgumentException if the shapes differ or, on the CPU, an input or a target is
   *     not between 0 and 1
   */
  public static Tensor binaryCrossEntropy(
      Tensor input, Tensor target, @Nullable Tensor weight, Reduction reduction) {
    return named(
        "binaryCrossEntropy",
        () -> MoreLosses.binaryCrossEntropy(input, target, weight, reduction));
  }

  /** Returns the mean of {@code target (log(target) - input)} of log-probabilities. */
  public static Tensor klDiv(Tensor input, Tensor target) {
    return klDiv(input, target, KLDivLoss.options());
  }

  /** Returns the pointwise Kullback-Leibler divergence of log-probabilities, reduced. */
  public static Tensor klDiv(Tensor input, Tensor target, KLDivLoss.Options options) {
    return named("klDiv", () -> MoreLosses.klDiv(input, target, options));
  }

  /**
   * Returns {@code 1 - cos} of pairs with target 1, and what cos is above the margin of those with
   * target -1, reduced. Vectors are (n, size) or (size), targets (n) or 0-d.
   */
  public static Tensor cosineEmbeddingLoss(
      Tensor input1, Tensor input2, Tensor target, double margin, Reduction reduction) {
    return named(
        "cosineEmbeddingLoss",
        () -> MoreLosses.cosineEmbedding(input1, input2, target, margin, reduction));
  }

  /** Returns {@code max(0, margin - target (input1 - input2))} for targets 1 and -1, reduced. */
  public static Tensor marginRankingLoss(
      Tensor input1, Tensor input2, Tensor target, double margin, Reduction reduction) {
    return named(
        "marginRankingLoss",
        () -> MoreLosses.marginRanking(input1, input2, target, margin, reduction));
  }

  /**
   * Returns the input where the target is 1, and {@code max(0, margin - input)} where it is -1,
   * reduced.
   */
  public static Tensor hingeEmbeddingLoss(
      Tensor input, Tensor target, double margin, Reduction reduction) {
    return named(
        "hingeEmbeddingLoss", () -> MoreLosses.hingeEmbedding(input, target, margin, reduction));
  }

  /** Returns {@code log(1 + exp(-target input))} for targets 1 and -1, reduced. */
  public static Tensor softMarginLoss(Tensor input, Tensor target, Reduction reduction) {
    return named("softMarginLoss", () -> MoreLosses.softMargin(input, target, reduction));
  }

  /**
   * Returns how much nearer than the positive one, less the margin, the negative one is to the
   * anchor, or 0, reduced (Balntas et al., 2016).
   *
   * @throws IllegalArgumentException if the margin is not positive, or dimensions differ in number
   */
  public static Tensor tripletMarginLoss(
      Tensor anchor, Tensor positive, Tensor negative, TripletMarginLoss.Options options) {
    return named(
        "tripletMarginLoss", () -> MoreLosses.tripletMargin(anchor, positive, negative, options));
  }

  /**
   * Returns the same by a distance of two tensors, which is not negative, reduced.
   *
   * @throws IllegalArgumentException if dimensions differ in number
   */
  public static Tensor tripletMarginWithDistanceLoss(
      Tensor anchor,
      Tensor positive,
      Tensor negative,
      BinaryOperator<Tensor> distance,
      TripletMarginWithDistanceLoss.Options options) {
    return MoreLosses.tripletMarginWithDistance(anchor, positive, negative, distance, options);
  }

  /** Returns the negative log-likelihood of counts that follow Poisson distributions, reduced. */
  public static Tensor poissonNllLoss(Tensor input, Tensor target, PoissonNLLLoss.Options options) {
    return named("poissonNllLoss", () -> MoreLosses.poissonNll(input, target, options));
  }

  /**
   * Returns the negative log-likelihood of targets that follow normal distributions of mean {@code
   * input} and variance {@code variance}, of the input's shape, or of it but for a last dimension
   * of 1 or none, reduced.
   *
   * @throws IllegalArgumentException if the variance has another shape or, on the CPU, is negative
   */
  public static Tensor gaussianNllLoss(
      Tensor input, Tensor target, Tensor variance, GaussianNLLLoss.Options options) {
    return named("gaussianNllLoss", () -> MoreLosses.gaussianNll(input, target, variance, options));
  }
}
