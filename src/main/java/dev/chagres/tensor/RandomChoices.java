package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.Distribution;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Order;

/** Positions that a {@link Generator} draws in proportion to weights. */
abstract sealed class RandomChoices extends RandomFills permits Generator {
  /** Up to which number of categories PyTorch draws from them: what float32 counts to. */
  private static final long MOST_CATEGORIES = 1L << 24;

  RandomChoices(Device device, long seed) {
    super(device, seed);
  }

  /** Returns positions drawn without replacement, in proportion to their weights. */
  public final Tensor multinomial(Tensor weights, long count) {
    return multinomial(weights, count, Replacement.WITHOUT_REPLACEMENT);
  }

  /**
   * Returns {@code count} positions in a vector, or in each row of a matrix, drawn in proportion to
   * the weights there; int64, of shape (count) or (rows, count). Without replacement there should
   * be as many positive weights: which of the zeros follow is not determined.
   *
   * @throws IllegalArgumentException if a weight is negative, infinite or NaN, those of a row are
   *     all 0, or there are not as many as are to be drawn without replacement
   */
  public final Tensor multinomial(Tensor weights, long count, Replacement replacement) {
    given("multinomial", "weights", weights);
    given("multinomial", "replacement", replacement);
    checkWeights(weights, count, replacement);
    boolean isVector = weights.dim() == 1;
    Tensor rows = isVector ? weights.detach().unsqueeze(0) : weights.detach();
    Tensor drawn;
    if (rows.numel() == 0) {
      drawn = Creation.empty(device, Creation.shape("multinomial", 0, count), DType.INT64);
    } else if (count == 1 || replacement == Replacement.WITHOUT_REPLACEMENT) {
      drawn = ofRace(rows, weights, count);
    } else {
      drawn =
          Creation.empty(device, Creation.shape("multinomial", rows.size(0), count), DType.INT64);
      DType dtype = weights.dtype() == DType.FLOAT64 ? DType.FLOAT64 : DType.FLOAT32;
      Tensor scratch = Copying.copy(Copying.cast(rows, dtype));
      draw(drawn, y -> kernels().choices(state, scratch.data(), y));
    }
    return isVector ? drawn.squeeze(0) : drawn;
  }

  /** The first to arrive, where the waiting times are exponential and the weights the rates. */
  private Tensor ofRace(Tensor rows, Tensor weights, long count) {
    var unit = of(Distribution.EXPONENTIAL, 1, 0);
    Tensor times = like(weights, weights.dtype(), _ -> unit);
    Tensor speeds = rows.div(weights.dim() == 1 ? times.unsqueeze(0) : times).contiguous();
    if (count == 1) {
      return speeds.argmax(Keep.KEEPDIM, 1);
    }
    return Ordering.topk(speeds, count, 1, Order.DESCENDING).indices();
  }

  private static void checkWeights(Tensor weights, long count, Replacement replacement) {
    checkFloating("multinomial", weights.dtype());
    if (weights.dim() < 1 || weights.dim() > 2) {
      throw new IllegalArgumentException(
          "multinomial: the weights are a vector or a matrix, not of shape " + weights.shape());
    }
    long categories = weights.size(-1);
    boolean tooMany = replacement == Replacement.WITHOUT_REPLACEMENT && count > categories;
    if (count < 1 || tooMany || categories > MOST_CATEGORIES) {
      throw new IllegalArgumentException(
          "multinomial: cannot draw " + count + " of " + categories + ", " + replacement);
    }
    if (categories == 0) {
      throw new IllegalArgumentException("multinomial: there are no weights");
    }
    if (weights.numel() > 0) {
      Tensor each = weights.detach();
      double least = each.min().item();
      double most = each.max().item();
      if (!(least >= 0) || !(most < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "multinomial: a weight is negative, infinite or NaN: they are from "
                + least
                + " to "
                + most);
      }
      if (!(each.amax(-1).min().item() > 0)) {
        throw new IllegalArgumentException("multinomial: the weights of a row are all 0");
      }
    }
  }
}
