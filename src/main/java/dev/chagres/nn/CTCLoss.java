package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * Connectionist temporal classification (Graves et al., 2006): called with log-probabilities
 * (steps, n, classes), targets (n, length) or one after the other, and the lengths (n) of both.
 */
public final class CTCLoss extends Module {
  private final Options options;

  /** What an infinite loss becomes, of a target that is too long for its input. */
  public enum Infinite {
    /** It stays. */
    KEPT,
    /** 0, without a gradient. */
    ZERO
  }

  /**
   * What may differ from PyTorch's defaults.
   *
   * @param blank the class of the blank, 0
   * @param reduction what becomes of the samples' losses; a mean is of losses divided by the
   *     lengths of their targets
   * @param infinite what an infinite loss becomes
   */
  public record Options(long blank, Reduction reduction, Infinite infinite) {
    /** Checks that they are there. */
    public Options {
      given("CTCLoss", "reduction", reduction);
      given("CTCLoss", "infinite", infinite);
    }

    /** Returns these options with another class as the blank. */
    public Options blank(long blank) {
      return new Options(blank, reduction, infinite);
    }

    /** Returns these options with another reduction. */
    public Options reduction(Reduction reduction) {
      return new Options(blank, reduction, infinite);
    }

    /** Returns these options with infinite losses kept or 0. */
    public Options infinite(Infinite infinite) {
      return new Options(blank, reduction, infinite);
    }
  }

  /** Returns PyTorch's defaults. */
  public static Options options() {
    return new Options(0, Reduction.MEAN, Infinite.KEPT);
  }

  /** Makes the loss with the defaults. */
  public CTCLoss() {
    this(options());
  }

  /** Makes the loss. */
  public CTCLoss(Options options) {
    this.options = given("CTCLoss", "options", options);
  }

  @Override
  public Tensor forward(Tensor... inputs) {
    Checks.inputs(this, 4, "log-probabilities, targets and the lengths of both", inputs);
    return Functional.ctcLoss(inputs[0], inputs[1], inputs[2], inputs[3], options);
  }
}
