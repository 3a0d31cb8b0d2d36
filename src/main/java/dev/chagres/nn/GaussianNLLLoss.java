package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * The negative log-likelihood of targets that follow normal distributions; called with their means,
 * the targets, and their variances.
 */
public final class GaussianNLLLoss extends Module {
  private final Options options;

  /** Which terms there are. */
  public enum Terms {
    /** Those of mean and variance. */
    OF_INPUT,
    /** The constant, too. */
    ALL
  }

  /**
   * How the loss is computed.
   *
   * @param terms which terms there are
   * @param eps what variances are at least
   * @param reduction of the elements
   */
  public record Options(Terms terms, double eps, Reduction reduction) {
    /** Checks the options. */
    public Options {
      given("GaussianNLLLoss", "terms", terms);
      if (!(eps > 0)) {
        throw new IllegalArgumentException("GaussianNLLLoss: eps " + eps + " is not positive");
      }
      given("GaussianNLLLoss", "reduction", reduction);
    }

    /** Returns these options with other terms. */
    public Options terms(Terms terms) {
      return new Options(terms, eps, reduction);
    }

    /** Returns these options with another eps. */
    public Options eps(double eps) {
      return new Options(terms, eps, reduction);
    }

    /** Returns these options with another reduction. */
    public Options reduction(Reduction reduction) {
      return new Options(terms, eps, reduction);
    }
  }

  /** Returns PyTorch's defaults: no constant, an eps of 1e-6, the mean. */
  public static Options options() {
    return new Options(Terms.OF_INPUT, 1e-6, Reduction.MEAN);
  }

  /** Makes the loss with the defaults. */
  public GaussianNLLLoss() {
    this(options());
  }

  /** Makes the loss. */
  public GaussianNLLLoss(Options options) {
    this.options = given("GaussianNLLLoss", "options", options);
  }

  @Override
  public Tensor forward(Tensor... inputs) {
    Checks.inputs(this, 3, "means, targets and variances", inputs);
    return Functional.gaussianNllLoss(inputs[0], inputs[1], inputs[2], options);
  }
}
