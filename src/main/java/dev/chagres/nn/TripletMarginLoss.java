package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * How much nearer than a positive example, less a margin, a negative one is to an anchor; called
 * with the anchor, the positive and the negative.
 */
public final class TripletMarginLoss extends Module {
  private final Options options;

  /** From where the distance of the negative is measured. */
  public enum Swap {
    /** From the anchor. */
    ANCHOR,
    /** From the anchor or the positive, whichever is nearer. */
    SWAPPED
  }

  /**
   * How the loss is computed.
   *
   * @param margin by how much the negative should be farther, above 0
   * @param p the norm of the distances
   * @param eps what is added to differences
   * @param swap from where the negative is measured
   * @param reduction of the elements
   */
  public record Options(double margin, double p, double eps, Swap swap, Reduction reduction) {
    /** Checks the options. */
    public Options {
      if (!(margin > 0)) {
        throw new IllegalArgumentException(
            "TripletMarginLoss: the margin " + margin + " is not positive");
      }
      given("TripletMarginLoss", "swap", swap);
      given("TripletMarginLoss", "reduction", reduction);
    }

    /** Returns these options with another margin. */
    public Options margin(double margin) {
      return new Options(margin, p, eps, swap, reduction);
    }

    /** Returns these options with another norm. */
    public Options p(double p) {
      return new Options(margin, p, eps, swap, reduction);
    }

    /** Returns these options with another eps. */
    public Options eps(double eps) {
      return new Options(margin, p, eps, swap, reduction);
    }

    /** Returns these options with the negative measured from elsewhere. */
    public Options swap(Swap swap) {
      return new Options(margin, p, eps, swap, reduction);
    }

    /** Returns these options with another reduction. */
    public Options reduction(Reduction reduction) {
      return new Options(margin, p, eps, swap, reduction);
    }
  }

  /** Returns PyTorch's defaults: a margin of 1, Euclidean distances, an eps of 1e-6, the mean. */
  public static Options options() {
    return new Options(1, 2, 1e-6, Swap.ANCHOR, Reduction.MEAN);
  }

  /** Makes the loss with the defaults. */
  public TripletMarginLoss() {
    this(options());
  }

  /** Makes the loss. */
  public TripletMarginLoss(Options options) {
    this.options = given("TripletMarginLoss", "options", options);
  }

  @Override
  public Tensor forward(Tensor... inputs) {
    Checks.inputs(this, 3, "anchors, positives and negatives", inputs);
    return Functional.tripletMarginLoss(inputs[0], inputs[1], inputs[2], options);
  }
}
