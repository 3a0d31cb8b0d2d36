package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The cross entropy of two classes, given logits and, of the same shape, the probability of the
 * positive class.
 */
public final class BCEWithLogitsLoss extends Loss {
  private final Options options;

  /**
   * How the loss is computed.
   *
   * @param weight a factor for each element, broadcast, or null for 1
   * @param posWeight a factor for the positive class, broadcast, or null for 1
   * @param reduction of the elements
   */
  public record Options(@Nullable Tensor weight, @Nullable Tensor posWeight, Reduction reduction) {
    /** Checks that there is a reduction. */
    public Options {
      given("BCEWithLogitsLoss", "reduction", reduction);
    }

    /** Returns these options with a factor for each element. */
    public Options weight(Tensor weight) {
      given("BCEWithLogitsLoss", "weight", weight);
      return new Options(weight, posWeight, reduction);
    }

    /** Returns these options with a factor for the positive class. */
    public Options posWeight(Tensor posWeight) {
      given("BCEWithLogitsLoss", "posWeight", posWeight);
      return new Options(weight, posWeight, reduction);
    }

    /** Returns these options with another reduction. */
    public Options reduction(Reduction reduction) {
      return new Options(weight, posWeight, reduction);
    }
  }

  /** Returns PyTorch's defaults: no weights, the mean. */
  public static Options options() {
    return new Options(null, null, Reduction.MEAN);
  }

  /** Makes the loss with the defaults. */
  public BCEWithLogitsLoss() {
    this(options());
  }

  /** Makes the loss. Its weights share the memory of those given until it is moved or converted. */
  public BCEWithLogitsLoss(Options options) {
    Options own = given("BCEWithLogitsLoss", "options", options);
    if (options.weight != null) {
      own = own.weight(registerBuffer("weight", options.weight.detach()));
    }
    if (options.posWeight != null) {
      own = own.posWeight(registerBuffer("pos_weight", options.posWeight.detach()));
    }
    this.options = own;
  }

  @Override
  public Tensor forward(Tensor input, Tensor target) {
    return Functional.binaryCrossEntropyWithLogits(input, target, options);
  }
}
