package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/** The Kullback-Leibler divergence of log-probabilities, given the probabilities wanted. */
public final class KLDivLoss extends Loss {
  private final Options options;

  /** What the targets are. */
  public enum Targets {
    /** Probabilities. */
    PROBABILITIES,
    /** Their logarithms. */
    LOGARITHMS
  }

  /** What a mean is of. */
  public enum Mean {
    /** All elements. */
    OF_ELEMENTS,
    /** The sums of the samples: the divergence itself. */
    OF_BATCH
  }

  /**
   * How the loss is computed.
   *
   * @param targets what the targets are
   * @param mean what a mean is of
   * @param reduction of the elements
   */
  public record Options(Targets targets, Mean mean, Reduction reduction) {
    /** Checks the options. */
    public Options {
      given("KLDivLoss", "targets", targets);
      given("KLDivLoss", "mean", mean);
      given("KLDivLoss", "reduction", reduction);
    }

    /** Returns these options with other targets. */
    public Options targets(Targets targets) {
      return new Options(targets, mean, reduction);
    }

    /** Returns these options with a mean of another sort. */
    public Options mean(Mean mean) {
      return new Options(targets, mean, reduction);
    }

    /** Returns these options with another reduction. */
    public Options reduction(Reduction reduction) {
      return new Options(targets, mean, reduction);
    }
  }

  /** Returns PyTorch's defaults: probabilities as targets, the mean of all elements. */
  public static Options options() {
    return new Options(Targets.PROBABILITIES, Mean.OF_ELEMENTS, Reduction.MEAN);
  }

  /** Makes the loss with the defaults. */
  public KLDivLoss() {
    this(options());
  }

  /** Makes the loss. */
  public KLDivLoss(Options options) {
    this.options = given("KLDivLoss", "options", options);
  }

  @Override
  public Tensor forward(Tensor input, Tensor target) {
    return Functional.klDiv(input, target, options);
  }
}
