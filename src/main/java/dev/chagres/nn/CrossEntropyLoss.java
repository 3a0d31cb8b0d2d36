package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The cross entropy of logits (n, c, …) and what they should be: class indices (n, …), integers, or
 * class probabilities (n, c, …), floating. It is {@link NLLLoss} of the logarithm of the softmax
 * over the classes.
 */
public final class CrossEntropyLoss extends Loss {
  private final Options options;

  /**
   * How the loss is computed.
   *
   * @param weight a factor for each class (c), of the input's dtype, or null for 1
   * @param ignoreIndex places whose class index is this do not count; with class probabilities it
   *     is negative
   * @param reduction of the places; with class indices the mean is weighted
   * @param labelSmoothing the part, from 0 to 1, of the wanted distribution that is spread equally
   *     over all classes
   */
  public record Options(
      @Nullable Tensor weight, long ignoreIndex, Reduction reduction, double labelSmoothing) {
    /** Checks the smoothing. */
    public Options {
      given("CrossEntropyLoss", "reduction", reduction);
      checkSmoothing("CrossEntropyLoss", labelSmoothing);
    }

    /** Returns these options with a factor for each class. */
    public Options weight(Tensor weight) {
      given("CrossEntropyLoss", "weight", weight);
      return new Options(weight, ignoreIndex, reduction, labelSmoothing);
    }

    /** Returns these options with another class index that does not count. */
    public Options ignoreIndex(long ignoreIndex) {
      return new Options(weight, ignoreIndex, reduction, labelSmoothing);
    }

    /** Returns these options with another reduction. */
    public Options reduction(Reduction reduction) {
      return new Options(weight, ignoreIndex, reduction, labelSmoothing);
    }

    /** Returns these options with another smoothing. */
    public Options labelSmoothing(double labelSmoothing) {
      return new Options(weight, ignoreIndex, reduction, labelSmoothing);
    }
  }

  static void checkSmoothing(String name, double labelSmoothing) {
    if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
      throw new IllegalArgumentException(
          name + ": the label smoothing " + labelSmoothing + " is not between 0 and 1");
    }
  }

  /** Returns PyTorch's defaults: no weight, -100 ignored, the mean, no smoothing. */
  public static Options options() {
    return new Options(null, -100, Reduction.MEAN, 0);
  }

  /** Makes the loss with the defaults. */
  public CrossEntropyLoss() {
    this(options());
  }

  /** Makes the loss. Its weights share the memory of those given until it is moved or converted. */
  public CrossEntropyLoss(Options options) {
    Tensor weight = given("CrossEntropyLoss", "options", options).weight;
    this.options =
        weight == null ? options : options.weight(registerBuffer("weight", weight.detach()));
  }

  @Override
  public Tensor forward(Tensor input, Tensor target) {
    return Functional.crossEntropy(input, target, options);
  }
}
