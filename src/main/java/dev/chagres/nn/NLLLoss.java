package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The negative log-likelihood of the wanted classes, given log-probabilities (n, c, …) and class
 * indices (n, …).
 */
public final class NLLLoss extends Loss {
  private final Options options;

  /**
   * How the loss is computed.
   *
   * @param weight a factor for each class (c), of the input's dtype, or null for 1
   * @param ignoreIndex places whose target is this do not count
   * @param reduction of the places; the mean is weighted
   */
  public record Options(@Nullable Tensor weight, long ignoreIndex, Reduction reduction) {
    /** Checks that there is a reduction. */
    public Options {
      given("NLLLoss", "reduction", reduction);
    }

    /** Returns these options with a factor for each class. */
    public Options weight(Tensor weight) {
      given("NLLLoss", "weight", weight);
      return new Options(weight, ignoreIndex, reduction);
    }

    /** Returns these options with another target that does not count. */
    public Options ignoreIndex(long ignoreIndex) {
      return new Options(weight, ignoreIndex, reduction);
    }

    /** Returns these options with another reduction. */
    public Options reduction(Reduction reduction) {
      return new Options(weight, ignoreIndex, reduction);
    }
  }

  /** Returns PyTorch's defaults: no weight, -100 ignored, the mean. */
  public static Options options() {
    return new Options(null, -100, Reduction.MEAN);
  }

  /** Makes the loss with the defaults. */
  public NLLLoss() {
    this(options());
  }

  /** Makes the loss. Its weights share the memory of those given until it is moved or converted. */
  public NLLLoss(Options options) {
    Tensor weight = given("NLLLoss", "options", options).weight;
    this.options =
        weight == null ? options : options.weight(registerBuffer("weight", weight.detach()));
  }

  @Override
  public Tensor forward(Tensor input, Tensor target) {
    return Functional.nllLoss(input, target, options);
  }
}
