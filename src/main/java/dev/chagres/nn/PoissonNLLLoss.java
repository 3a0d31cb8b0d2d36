package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/** The negative log-likelihood of counts that follow Poisson distributions: {@code rate - count log(rate)}. */
public final class PoissonNLLLoss extends Loss {
  private final Options options;

  /** What the inputs are. */
  public enum Inputs {
    /** The logarithms of the rates. */
    LOGARITHMS,
    /** The rates. */
    RATES
  }

  /** Which terms there are. */
  public enum Terms {
    /** Those of the input. */
    OF_INPUT,
    /** The logarithm of the count's factorial, too, by Stirling's approximation. */
    ALL
  }

  /**
   * How the loss is computed.
   *
   * @param inputs what the inputs are
   * @param terms which terms there are
   * @param eps what is added to a rate before its logarithm
   * @param reduction of the elements
   */
  public record Options(Inputs inputs, Terms terms, double eps, Reduction reduction) {
    /** Checks the options. */
    public Options {
      given("PoissonNLLLoss", "inputs", inputs);
      given("PoissonNLLLoss", "terms", terms);
      given("PoissonNLLLoss", "reduction", reduction);
    }

    /** Returns these options with other inputs. */
    public Options inputs(Inputs inputs) {
      return new Options(inputs, terms, eps, reduction);
    }

    /** Returns these options with other terms. */
    public Options terms(Terms terms) {
      return new Options(inputs, terms, eps, reduction);
    }

    /** Returns these options with another eps. */
    public Options eps(double eps) {
      return new Options(inputs, terms, eps, reduction);
    }

    /** Returns these options with another reduction. */
    public Options reduction(Reduction reduction) {
      return new Options(inputs, terms, eps, reduction);
    }
  }

  /** Returns PyTorch's defaults: logarithms, the terms of the input, an eps of 1e-8, the mean. */
  public static Options options() {
    return new Options(Inputs.LOGARITHMS, Terms.OF_INPUT, 1e-8, Reduction.MEAN);
  }

  /** Makes the loss with the defaults. */
  public PoissonNLLLoss() {
    this(options());
  }

  /** Makes the loss. */
  public PoissonNLLLoss(Options options) {
    this.options = given("PoissonNLLLoss", "options", options);
  }

  @Override
  public Tensor forward(Tensor input, Tensor target) {
    return Functional.poissonNllLoss(input, target, options);
  }
}
