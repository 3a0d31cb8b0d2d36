package dev.chagres.nn;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;
import static dev.chagres.check.Named.named;

import dev.chagres.core.Activation;
import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.core.Shape;
import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the layers compute, as functions without parameters of their own: PyTorch's {@code
 * torch.nn.functional}.
 */
public final class Functional extends MarginFunctions {
  private Functional() {}

  // ---- modules as functions

  /**
   * Calls a module with other parameters and buffers than its own: PyTorch's {@code
   * torch.func.functional_call}. Those that are named are used in the place of the module's while
   * it runs, with its hooks, whatever their shape; gradients flow to them, and what is written to a
   * buffer is written to the one that is given. Afterwards the module has its own again, also after
   * an error. A parameter in several places is in all of them the one that is given for one.
   *
   * <p>So {@link dev.chagres.tensor.Autograd#grad} and {@code vmap} take models, as for the
   * gradients of each sample. No other thread may use the module meanwhile.
   *
   * @param parametersAndBuffers by path, as {@link Module#namedParameters} has them; the module
   *     keeps its own where none is given
   * @throws IllegalArgumentException if the module has no such path, or different tensors are given
   *     for one parameter
   */
  public static Tensor functionalCall(
      Module module, Map<String, ? extends Tensor> parametersAndBuffers, Tensor... inputs) {
    given("functionalCall", "module", module);
    given("functionalCall", "parametersAndBuffers", parametersAndBuffers);
    each("functionalCall", "an input", Arrays.asList(given("functionalCall", "inputs", inputs)));
    try (var _ = new StandInCall(module, parametersAndBuffers)) {
      return inputs.length == 1 ? module.call(inputs[0]) : module.call(inputs);
    }
  }

  // ---- linear

  /** Returns {@code x W^T + b} for inputs (…, in), a weight (out, in) and a bias (out) or null. */
  public static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
    given("linear", "input", x);
    given("linear", "weight", weight);
    return named("linear", () -> Primitives.of(x).linear(x, weight, bias));
  }

  /** The same without a bias. */
  public static Tensor linear(Tensor x, Tensor weight) {
    return linear(x, weight, null);
  }

  /**
   * Returns {@code second(activation(first(x)))} for inputs (…, in): the feed-forward block of a
   * transformer as one operation, which holds less memory than the three and passes over it less
   * often. The results are theirs, but for what {@code Cuda.allowFusedActivations} says.
   */
  public static Tensor feedForward(Tensor x, Affine first, Activation activation, Affine second) {
    given("feedForward", "input", x);
    given("feedForward", "first", first);
    given("feedForward", "activation", activation);
    given("feedForward", "second", second);
    return named(
        "feedForward",
        () ->
            Primitives.of(x)
                .feedForward(
                    x,
                    new Primitives.Affine<>(first.weight(), first.bias()),
                    activation,
                    new Primitives.Affine<>(second.weight(), second.bias())));
  }

  // ---- activations

  /** Returns {@code max(x, 0)}. */
  public static Tensor relu(Tensor x) {
    given("relu", "input", x);
    return x.relu();
  }

  /** Returns the hyperbolic tangent. */
  public static Tensor tanh(Tensor x) {
    given("tanh", "input", x);
    return x.tanh();
  }

  /** Returns {@code 1 / (1 + exp(-x))}. */
  public static Tensor sigmoid(Tensor x) {
    given("sigmoid", "input", x);
    return x.sigmoid();
  }

  /** Returns {@code x P(X <= x)} for a standard normal X (Hendrycks and Gimpel, 2016). */
  public static Tensor gelu(Tensor x) {
    return gelu(x, GELU.Approximate.NONE);
  }

  /** Returns GELU, exactly or approximated by a hyperbolic tangent. */
  public static Tensor gelu(Tensor x, GELU.Approximate approximate) {
    given("gelu", "input", x);
    given("gelu", "approximate", approximate);
    return named(
        "gelu",
        () ->
            switch (approximate) {
              case NONE -> Primitives.of(x).gelu(x);
              case TANH -> Primitives.of(x).geluTanh(x);
            });
  }

  /** Returns {@code x / (1 + exp(-x))}. */
  public static Tensor silu(Tensor x) {
    given("silu", "input", x);
    return Primitives.of(x).silu(x);
  }

  /** Returns {@code exp(x)} divided by its sum along a dimension. */
  public static Tensor softmax(Tensor x, int dim) {
    given("softmax", "input", x);
    return x.softmax(dim);
  }

  /** Returns the logarithm of {@link #softmax}. */
  public static Tensor logSoftmax(Tensor x, int dim) {
    given("logSoftmax", "input", x);
    return x.logSoftmax(dim);
  }

  /**
   * Returns x with its last dimensions, which have the given sizes, brought to mean 0 and variance
   * 1 together, the latter but for {@code eps}, then multiplied by a weight and added to a bias of
   * these sizes, either of which may be null. Of a 16-bit input they may be float32.
   *
   * @throws IllegalArgumentException if x does not end in these dimensions
   */
  public static Tensor layerNorm(
      Tensor x, Shape normalizedShape, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    given("layerNorm", "input", x);
    int dims = given("layerNorm", "normalizedShape", normalizedShape).dim();
    if (dims == 0
        || dims > x.dim()
        || !x.shape().slice(x.dim() - dims, x.dim()).equals(normalizedShape)) {
      throw new IllegalArgumentException(
          "layerNorm: an input " + x.shape() + " to normalize over " + normalizedShape);
    }
    return named("layerNorm", () -> Primitives.of(x).layerNorm(x, dims, weight, bias, eps));
  }

  /** The same without weight and bias, with PyTorch's eps, 1e-5. */
  public static Tensor layerNorm(Tensor x, long... normalizedShape) {
    given("layerNorm", "input", x);
    given("layerNorm", "normalizedShape", normalizedShape);
    return layerNorm(x, LayerNorm.shape("layerNorm", normalizedShape), null, null, 1e-5);
  }

  /**
   * Returns x with its last dimensions, which have the given sizes, divided by the root of their
   * mean square plus {@code eps}, then multiplied by a weight of these sizes or null. A null eps is
   * PyTorch's: the distance of 1 to the next greater number, of float32 for 16-bit inputs.
   *
   * @throws IllegalArgumentException if x does not end in these dimensions
   */
  public static Tensor rmsNorm(
      Tensor x, Shape normalizedShape, @Nullable Tensor weight, @Nullable Double eps) {
    given("rmsNorm", "input", x);
    return named(
        "rmsNorm",
        () -> Norms.rms(x, given("rmsNorm", "normalizedShape", normalizedShape), weight, eps));
  }

  /**
   * Returns x (n, c, …) with each channel less its mean and divided by the root of its variance
   * plus {@code eps}, then multiplied by a weight (c) and added to a bias (c), either of which may
   * be null. The statistics say which means and variances these are. Of a 16-bit input what belongs
   * to channels may be float32.
   *
   * @throws IllegalArgumentException if the batch's statistics are asked for and a channel has one
   *     value, or if sizes do not fit
   */
  public static Tensor batchNorm(
      Tensor x,
      BatchStatistics statistics,
      @Nullable Tensor weight,
      @Nullable Tensor bias,
      double eps) {
    given("batchNorm", "input", x);
    return named(
        "batchNorm",
        () -> Norms.batch(x, given("batchNorm", "statistics", statistics), weight, bias, eps));
  }

  /**
   * Returns x (n, c, …) with the channels of each sample, divided into groups, brought to mean 0
   * and variance 1 together, the latter but for {@code eps}; then each channel is multiplied by a
   * weight (c) and added to a bias (c), either of which may be null.
   *
   * @throws IllegalArgumentException if the channels do not make so many groups
   */
  public static Tensor groupNorm(
      Tensor x, long groups, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    given("groupNorm", "input", x);
    return named("groupNorm", () -> Norms.group(x, groups, weight, bias, eps));
  }

  /** The same without weight and bias, with PyTorch's eps, 1e-5. */
  public static Tensor groupNorm(Tensor x, long groups) {
    return groupNorm(x, groups, null, null, 1e-5);
  }

  /**
   * Returns x with every element set to 0 with probability {@code p}, and the others divided by
   * {@code 1 - p}: dropout as in training. The draws are the default generator's, and PyTorch's.
   *
   * @throws IllegalArgumentException if p is not in [0, 1]
   */
  public static Tensor dropout(Tensor x, double p) {
    given("dropout", "input", x);
    Dropouts.checkProbability("dropout", p);
    if (p == 0 || x.numel() == 0) {
      return x;
    }
    if (p == 1) {
      return x.mul(0);
    }
    Tensor kept = Generator.standard(x.device()).bernoulliLike(x.detach(), 1 - p);
    // The quotient of float32 also in the 16-bit dtypes, to which a divisor would be rounded first.
    double scale = x.dtype() == DType.FLOAT64 ? 1 / (1 - p) : 1 / (float) (1 - p);
    return named("dropout", () -> x.mul(kept.mul_(scale)));
  }

  /**
   * Returns {@link #dropout(Tensor, double)} of x in training, and x itself otherwise: a module
   * passes {@link Module#isTraining}.
   */
  public static Tensor dropout(Tensor x, double p, boolean training) {
    given("dropout", "input", x);
    Dropouts.checkProbability("dropout", p);
    return training ? dropout(x, p) : x;
  }

  // ---- sequences

  /**
   * Returns the rows (…, dim) of a weight (count, dim) that int64 or int32 row numbers (…) name.
   *
   * @throws IndexOutOfBoundsException if a number is negative, or not below the count; on a GPU
   *     when the program next waits for it
   */
  public static Tensor embedding(Tensor input, Tensor weight) {
    return embedding(input, weight, Embedding.options());
  }

  /** The same with other options; a greatest norm shortens rows of the weight in place. */
  public static Tensor embedding(Tensor input, Tensor weight, Embedding.Options options) {
    return named(
        "embedding",
        () ->
            Embedding.look(
                given("embedding", "input", input),
                given("embedding", "weight", weight),
                given("embedding", "options", options)));
  }

  /**
   * Returns for each query (…, queries, size) the mean (…, queries, n) of the values (…, keys, n),
   * weighted by the softmax of its dot products with the keys (…, keys, size), which are divided by
   * the square root of their size (Vaswani et al., 2017). Leading dimensions broadcast.
   */
  public static Tensor scaledDotProductAttention(Tensor query, Tensor key, Tensor value) {
    return scaledDotProductAttention(query, key, value, Attention.options());
  }

  /**
   * The same with a mask, dropout of the weights, or another scale. What sees no key is 0. 16-bit
   * operands are computed in float32. The matrix of the weights is not made, unless a mask gets a
   * gradient or vectors have more than 256 numbers. Dropout draws on the CPU as PyTorch does, and
   * keeps a bit of each weight for the gradients; on a GPU the draws depend on the place of the
   * weight alone, and nothing is kept.
   *
   * @throws IllegalArgumentException if shapes or dtypes do not fit, or there is a mask beside
   *     isCausal
   */
  public static Tensor scaledDotProductAttention(
      Tensor query, Tensor key, Tensor value, Attention.Options options) {
    return named(
        "scaledDotProductAttention",
        () ->
            Attention.attention(
                given("scaledDotProductAttention", "query", query),
                given("scaledDotProductAttention", "key", key),
                given("scaledDotProductAttention", "value", value),
                given("scaledDotProductAttention", "options", options)));
  }

  /**
   * Returns what several heads make of queries (queries, batch, embedDim), keys (keys, batch, kdim)
   * and values (keys, batch, vdim), or of those without a batch: what a {@link MultiheadAttention}
   * computes, of other tensors than its own. What sees no key is projected from 0.
   *
   * @throws IllegalArgumentException if shapes or dtypes do not fit
   */
  public static Tensor multiHeadAttentionForward(
      Tensor query, Tensor key, Tensor value, Heads heads, MultiheadAttention.Masks masks) {
    return headed("multiHeadAttentionForward", heads).attend(query, key, value, masks);
  }

  /**
   * Returns the same with the weights of each head (batch, numHeads, queries, keys), whose mean
   * over the heads PyTorch returns if nothing else is said. What sees no key is NaN here.
   *
   * @throws IllegalArgumentException if shapes or dtypes do not fit
   */
  public static MultiheadAttention.Weighed multiHeadAttentionForwardWithWeights(
      Tensor query, Tensor key, Tensor value, Heads heads, MultiheadAttention.Masks masks) {
    return headed("multiHeadAttentionForwardWithWeights", heads)
        .weighed(query, key, value, masks, MultiheadAttention.Weights.EACH_HEAD);
  }

  private static HeadedAttention headed(String name, Heads heads) {
    given(name, "heads", heads);
    return new HeadedAttention(name, heads, MultiheadAttention.Order.SEQUENCE_FIRST);
  }

  // ---- images

  /**
   * Returns the cross-correlation of images (n, in, h, w) with kernels (out, in / groups, kh, kw),
   * plus a bias (out) or null. The options' own bias does not matter here.
   */
  public static Tensor conv2d(
      Tensor x, Tensor weight, @Nullable Tensor bias, Conv2d.Options options) {
    given("conv2d", "input", x);
    given("conv2d", "weight", weight);
    given("conv2d", "options", options);
    if (options.border().isMade()) {
      return conv2d(options.border().around(x, weight), weight, bias, options.bordered());
    }
    Pair odd = options.odd(weight);
    Tensor images = x.dim() < 3 ? x : Images.lengthened(x, odd.height(), odd.width());
    return named(
        "conv2d",
        () ->
            Primitives.of(x)
                .conv2d(images, weight, bias, options.sliding(weight), options.groups()));
  }

  /** The same without a bias, with steps of 1 and no padding. */
  public static Tensor conv2d(Tensor x, Tensor weight) {
    return conv2d(x, weight, null);
  }

  /** The same with steps of 1 and no padding; the bias may be null. */
  public static Tensor conv2d(Tensor x, Tensor weight, @Nullable Tensor bias) {
    return conv2d(x, weight, bias, Conv2d.options());
  }

  /** Returns the greatest element of every square of this width, side by side. */
  public static Tensor maxPool2d(Tensor x, long kernel) {
    return maxPool2d(x, Pair.of(kernel), MaxPool2d.options(kernel));
  }

  /** Returns the greatest element of every square of this width. */
  public static Tensor maxPool2d(Tensor x, long kernel, MaxPool2d.Options options) {
    return maxPool2d(x, Pair.of(kernel), options);
  }

  /** Returns the greatest element of every window. */
  public static Tensor maxPool2d(Tensor x, Pair kernel, MaxPool2d.Options options) {
    given("maxPool2d", "input", x);
    given("maxPool2d", "kernel", kernel);
    given("maxPool2d", "options", options);
    return named(
        "maxPool2d",
        () ->
            Primitives.of(x).maxPool2d(x, kernel, options.sliding(), options.rounding()).values());
  }

  /** Returns the mean of every square of this width, side by side. */
  public static Tensor avgPool2d(Tensor x, long kernel) {
    return avgPool2d(x, Pair.of(kernel), AvgPool2d.options(kernel));
  }

  /** Returns the mean of every square of this width. */
  public static Tensor avgPool2d(Tensor x, long kernel, AvgPool2d.Options options) {
    return avgPool2d(x, Pair.of(kernel), options);
  }

  /** Returns the mean of every window. */
  public static Tensor avgPool2d(Tensor x, Pair kernel, AvgPool2d.Options options) {
    given("avgPool2d", "input", x);
    given("avgPool2d", "kernel", kernel);
    given("avgPool2d", "options", options);
    return named("avgPool2d", () -> Images.avgPool2d(x, kernel, options));
  }

  // ---- losses

  /** Returns the mean of the squares of the differences. */
  public static Tensor mseLoss(Tensor input, Tensor target) {
    return mseLoss(input, target, Reduction.MEAN);
  }

  /** Returns the squares of the differences, reduced. */
  public static Tensor mseLoss(Tensor input, Tensor target, Reduction reduction) {
    return named("mseLoss", () -> Losses.mse(input, target, reduction));
  }

  /** Returns the mean of the absolute differences. */
  public static Tensor l1Loss(Tensor input, Tensor target) {
    return l1Loss(input, target, Reduction.MEAN);
  }

  /** Returns the absolute differences, reduced. */
  public static Tensor l1Loss(Tensor input, Tensor target, Reduction reduction) {
    return named("l1Loss", () -> Losses.l1(input, target, reduction));
  }

  /**
   * Returns half the squares of the differences below {@code beta}, divided by it, and the absolute
   * differences less half of beta above, reduced.
   */
  public static Tensor smoothL1Loss(Tensor input, Tensor target, double beta, Reduction reduction) {
    return named("smoothL1Loss", () -> Losses.smoothL1(input, target, beta, reduction));
  }

  /** Returns the mean of these losses. */
  public static Tensor smoothL1Loss(Tensor input, Tensor target, double beta) {
    return smoothL1Loss(input, target, beta, Reduction.MEAN);
  }

  /** Returns the mean of these losses for {@code beta} 1. */
  public static Tensor smoothL1Loss(Tensor input, Tensor target) {
    return smoothL1Loss(input, target, 1, Reduction.MEAN);
  }

  /**
   * Returns half the squares of the differences up to {@code delta}, and {@code delta} times the
   * absolute differences less half of it above, reduced (Huber, 1964).
   */
  public static Tensor huberLoss(Tensor input, Tensor target, double delta, Reduction reduction) {
    return named("huberLoss", () -> Losses.huber(input, target, delta, reduction));
  }

  /** Returns the mean of these losses. */
  public static Tensor huberLoss(Tensor input, Tensor target, double delta) {
    return huberLoss(input, target, delta, Reduction.MEAN);
  }

  /** Returns the mean of these losses for {@code delta} 1. */
  public static Tensor huberLoss(Tensor input, Tensor target) {
    return huberLoss(input, target, 1, Reduction.MEAN);
  }

  /**
   * Returns the mean negative log-likelihood of the wanted classes (n, …), given log-probabilities
   * (n, c, …).
   */
  public static Tensor nllLoss(Tensor input, Tensor target) {
    return nllLoss(input, target, NLLLoss.options());
  }

  /**
   * Returns the negative log-likelihood of the wanted classes (n, …), given log-probabilities (n,
   * c, …).
   */
  public static Tensor nllLoss(Tensor input, Tensor target, NLLLoss.Options options) {
    return named("nllLoss", () -> Losses.nll(input, target, options));
  }

  /**
   * Returns the mean cross entropy of logits (n, c, …) and class indices (n, …) or class
   * probabilities (n, c, …).
   */
  public static Tensor crossEntropy(Tensor input, Tensor target) {
    return crossEntropy(input, target, CrossEntropyLoss.options());
  }

  /**
   * Returns the cross entropy of logits (n, c, …) and class indices (n, …) or class probabilities
   * (n, c, …).
   */
  public static Tensor crossEntropy(Tensor input, Tensor target, CrossEntropyLoss.Options options) {
    return named("crossEntropy", () -> Losses.crossEntropy(input, target, options));
  }

  /**
   * Returns the cross entropy of {@code linear(input, weight, bias)}, whose classes come last, and
   * targets: {@link #linear} and {@link #crossEntropy} in one call.
   */
  public static Tensor linearCrossEntropy(
      Tensor input,
      Tensor weight,
      Tensor target,
      @Nullable Tensor bias,
      CrossEntropyLoss.Options options) {
    return named(
        "linearCrossEntropy",
        () -> Losses.linearCrossEntropy(input, weight, target, bias, options));
  }

  /**
   * Returns the mean cross entropy of two classes, given logits and the probabilities of the
   * positive class.
   */
  public static Tensor binaryCrossEntropyWithLogits(Tensor input, Tensor target) {
    return binaryCrossEntropyWithLogits(input, target, BCEWithLogitsLoss.options());
  }

  /**
   * Returns the cross entropy of two classes, given logits and the probabilities of the positive
   * class.
   */
  public static Tensor binaryCrossEntropyWithLogits(
      Tensor input, Tensor target, BCEWithLogitsLoss.Options options) {
    return named(
        "binaryCrossEntropyWithLogits",
        () -> Losses.binaryCrossEntropyWithLogits(input, target, options));
  }

  // ---- classes

  /**
   * Returns int64 zeros with a new last dimension of size {@code count}, and a one where the
   * elements say.
   *
   * @throws IndexOutOfBoundsException if an element is negative, or not below {@code count}; on a
   *     GPU when the program next waits for it
   */
  public static Tensor oneHot(Tensor classes, long count) {
    return named("oneHot", () -> Losses.oneHot(classes, count));
  }

  /**
   * The same for as many classes as the greatest element needs.
   *
   * @throws IllegalArgumentException if there are no elements
   */
  public static Tensor oneHot(Tensor classes) {
    return named("oneHot", () -> Losses.oneHot(classes));
  }
}
