package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The mean over classes of how far the wanted class's score is less than a margin above the
 * others', given scores (n, classes) and classes (n).
 */
public final class MultiMarginLoss extends Loss {
  private final Options options;

  /**
   * What may differ from PyTorch's defaults.
   *
   * @param p the power of what is short, 1 or 2
   * @param margin by how much a score should be above the others, 1
   * @param weight a factor for each class as the wanted one, of the input's dtype, or null for 1
   * @param reduction of the samples
   */
  public record Options(int p, double margin, @Nullable Tensor weight, Reduction reduction) {
    /** Checks the power, and that there is a reduction. */
    public Options {
      given("MultiMarginLoss", "reduction", reduction);
      if (p != 1 && p != 2) {
        throw new IllegalArgumentException("MultiMarginLoss: the power is 1 or 2, not " + p);
      }
    }

    /** Returns these options with another power. */
    public Options p(int p) {
      return new Options(p, margin, weight, reduction);
    }

    /** Returns these options with another margin. */
    public Options margin(double margin) {
      return new Options(p, margin, weight, reduction);
    }

    /** Returns these options with a factor for each class. */
    public Options weight(Tensor weight) {
      given("MultiMarginLoss", "weight", weight);
      return new Options(p, margin, weight, reduction);
    }

    /** Returns these options with another reduction. */
    public Options reduction(Reduction reduction) {
      return new Options(p, margin, weight, reduction);
    }
  }

  /** Returns PyTorch's defaults. */
  public static Options options() {
    return new Options(1, 1, null, Reduction.MEAN);
  }

  /** Makes the loss with the defaults. */
  public MultiMarginLoss() {
    this(options());
  }

  /** Makes the loss. Its weights share the memory of those given until it is moved or converted. */
  public MultiMarginLoss(Options options) {
    Tensor weight = given("MultiMarginLoss", "options", options).weight;
    this.options =
        weight == null ? options : options.weight(registerBuffer("weight", weight.detach()));
  }

  @Override
  public Tensor forward(Tensor input, Tensor target) {
    return Functional.multiMarginLoss(input, target, options);
  }
}
