package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.nn.TripletMarginLoss.Swap;
import dev.chagres.tensor.Tensor;
import java.util.function.BinaryOperator;

/**
 * How much nearer than a positive example, less a margin, a negative one is to an anchor, by a
 * distance of one's own; called with the anchor, the positive and the negative.
 */
public final class TripletMarginWithDistanceLoss extends Module {
  private final BinaryOperator<Tensor> distance;
  private final Options options;

  /**
   * How the loss is computed.
   *
   * @param margin by how much the negative should be farther, above 0
   * @param swap from where the negative is measured
   * @param reduction of the elements
   */
  public record Options(double margin, Swap swap, Reduction reduction) {
    /** Checks the options. */
    public Options {
      if (!(margin > 0)) {
        throw new IllegalArgumentException(
            "TripletMarginWithDistanceLoss: the margin " + margin + " is not positive");
      }
      given("TripletMarginWithDistanceLoss", "swap", swap);
      given("TripletMarginWithDistanceLoss", "reduction", reduction);
    }

    /** Returns these options with another margin. */
    public Options margin(double margin) {
      return new Options(margin, swap, reduction);
    }

    /** Returns these options with the negative measured from elsewhere. */
    public Options swap(Swap swap) {
      return new Options(margin, swap, reduction);
    }

    /** Returns these options with another reduction. */
    public Options reduction(Reduction reduction) {
      return new Options(margin, swap, reduction);
    }
  }

  /** Returns PyTorch's defaults: a margin of 1, from the anchor, the mean. */
  public static Options options() {
    return new Options(1, Swap.ANCHOR, Reduction.MEAN);
  }

  /** Makes the loss of Euclidean distances, with the defaults. */
  public TripletMarginWithDistanceLoss() {
    this(new PairwiseDistance());
  }

  /** Makes the loss with the defaults. */
  public TripletMarginWithDistanceLoss(BinaryOperator<Tensor> distance) {
    this(distance, options());
  }

  /**
   * Makes the loss.
   *
   * @param distance of two tensors, as the {@code p}-norms of differences are; not negative
   */
  public TripletMarginWithDistanceLoss(BinaryOperator<Tensor> distance, Options options) {
    this.distance = given("TripletMarginWithDistanceLoss", "distance", distance);
    this.options = given("TripletMarginWithDistanceLoss", "options", options);
  }

  /** Makes the loss with the defaults, of a distance that may be learned. */
  public TripletMarginWithDistanceLoss(Module distance) {
    this(distance, options());
  }

  /** Makes the loss of a module that is called with two tensors. */
  public TripletMarginWithDistanceLoss(Module distance, Options options) {
    Module part = given("TripletMarginWithDistanceLoss", "distance", distance);
    this(part::call, options);
    register("distance_function", part);
  }

  @Override
  public Tensor forward(Tensor... inputs) {
    Checks.inputs(this, 3, "anchors, positives and negatives", inputs);
    return Functional.tripletMarginWithDistanceLoss(
        inputs[0], inputs[1], inputs[2], distance, options);
  }
}
