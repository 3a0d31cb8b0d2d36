package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Linear} layer and the cross entropy of its logits: of inputs (n, in) or (in), and of
 * class indices (n, …) or class probabilities (n, classes, …), {@link
 * Functional#linearCrossEntropy}.
 */
public final class LinearCrossEntropyLoss extends Loss {
  private final long inFeatures;
  private final Shape outputs;
  private final Linear linear;
  private final Options options;

  /**
   * How the loss is computed.
   *
   * @param outFeatures the sizes of the places of one input, each with a class of its own; none
   *     where an input has one class
   * @param bias whether the layer has one
   * @param weight a factor for each class (classes), of the input's dtype, or null for 1
   * @param ignoreIndex places whose class index is this do not count; with class probabilities it
   *     is negative
   * @param reduction of the places; with class indices the mean is weighted
   * @param labelSmoothing the part, from 0 to 1, of the wanted distribution that is spread equally
   *     over all classes
   */
  public record Options(
      Shape outFeatures,
      Bias bias,
      @Nullable Tensor weight,
      long ignoreIndex,
      Reduction reduction,
      double labelSmoothing) {
    /**
     * Checks the smoothing.
     *
     * @throws IllegalArgumentException if it is not from 0 to 1
     */
    public Options {
      String name = "LinearCrossEntropyLoss";
      given(name, "outFeatures", outFeatures);
      given(name, "bias", bias);
      given(name, "reduction", reduction);
      CrossEntropyLoss.checkSmoothing(name, labelSmoothing);
    }

    /** Returns these options with places of an input, each with a class of its own. */
    public Options outFeatures(long... sizes) {
      Shape places = shape(given("LinearCrossEntropyLoss", "outFeatures", sizes));
      return new Options(places, bias, weight, ignoreIndex, reduction, labelSmoothing);
    }

    /** Returns these options with a bias, or without one. */
    public Options bias(Bias bias) {
      return new Options(outFeatures, bias, weight, ignoreIndex, reduction, labelSmoothing);
    }

    /** Returns these options with a factor for each class. */
    public Options weight(Tensor weight) {
      given("LinearCrossEntropyLoss", "weight", weight);
      return new Options(outFeatures, bias, weight, ignoreIndex, reduction, labelSmoothing);
    }

    /** Returns these options with another class index that does not count. */
    public Options ignoreIndex(long ignoreIndex) {
      return new Options(outFeatures, bias, weight, ignoreIndex, reduction, labelSmoothing);
    }

    /** Returns these options with another reduction. */
    public Options reduction(Reduction reduction) {
      return new Options(outFeatures, bias, weight, ignoreIndex, reduction, labelSmoothing);
    }

    /** Returns these options with another smoothing. */
    public Options labelSmoothing(double labelSmoothing) {
      return new Options(outFeatures, bias, weight, ignoreIndex, reduction, labelSmoothing);
    }
  }

  /** Returns PyTorch's defaults: one class an input, no bias, no weight, -100 ignored, the mean. */
  public static Options options() {
    return new Options(Shape.scalar(), Bias.NONE, null, -100, Reduction.MEAN, 0);
  }

  /** Returns the shape of outputs, whose sizes may not be negative, or too many. */
  private static Shape shape(long... sizes) {
    try {
      return Shape.of(sizes);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("LinearCrossEntropyLoss: " + e.getMessage(), e);
    }
  }

  /** Makes the loss with the defaults. */
  public LinearCrossEntropyLoss(long inFeatures, long classes) {
    this(inFeatures, classes, options());
  }

  /**
   * Makes the loss. Its class weights share the memory of those given until it is moved or
   * converted.
   *
   * @throws IllegalArgumentException if a number of features is negative, or there is not a weight
   *     for each class
   */
  public LinearCrossEntropyLoss(long inFeatures, long classes, Options options) {
    String name = "LinearCrossEntropyLoss";
    Tensor weight = given(name, "options", options).weight;
    if (classes < 0) {
      throw new IllegalArgumentException(name + ": " + classes + " classes");
    }
    if (weight != null && (weight.dim() != 1 || weight.size(0) != classes)) {
      throw new IllegalArgumentException(
          name + ": a weight " + weight.shape() + " for " + classes + " classes");
    }
    this.options =
        weight == null ? options : options.weight(registerBuffer("weight", weight.detach()));
    this.inFeatures = inFeatures;
    long[] sizes = new long[options.outFeatures.dim() + 1];
    sizes[0] = classes;
    System.arraycopy(options.outFeatures.toArray(), 0, sizes, 1, sizes.length - 1);
    outputs = shape(sizes);
    linear = register("linear", new Linear(inFeatures, outputs.numel(), options.bias));
  }

  /**
   * Returns the layer, of weight (classes · …, in): class by class, and the places of each one
   * after the other.
   */
  public Linear linear() {
    return linear;
  }

  @Override
  public Tensor forward(Tensor input, Tensor target) {
    var loss =
        new CrossEntropyLoss.Options(
            options.weight, options.ignoreIndex, options.reduction, options.labelSmoothing);
    long[] sizes = outputs.toArray();
    Tensor bias = linear.bias().map(flat -> flat.unflatten(0, sizes)).orElse(null);
    return Functional.linearCrossEntropy(
        input, linear.weight().unflatten(0, sizes), target, bias, loss);
  }

  @Override
  protected String extraRepr() {
    return "in_features="
        + inFeatures
        + ", num_classes="
        + outputs.size(0)
        + ", out_features="
        + options.outFeatures
        + ", bias="
        + (options.bias == Bias.NONE ? "False" : "True")
        + ", reduction="
        + options.reduction.name().toLowerCase(Locale.ROOT)
        + ", ignore_index="
        + (options.ignoreIndex == -100 ? "None" : options.ignoreIndex)
        + ", label_smoothing="
        + options.labelSmoothing
        + ", options=None";
  }
}
