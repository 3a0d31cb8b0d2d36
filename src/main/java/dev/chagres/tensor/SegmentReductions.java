package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.core.Shape;
import dev.chagres.core.Side;
import org.jspecify.annotations.Nullable;

/**
 * Reductions of the segments of a dimension: writes into one place for each, with one more before
 * and behind for what belongs to none.
 */
final class SegmentReductions {
  private final Reduce reduce;
  private final @Nullable Number initial;
  private final int axis;

  /** How many segments there are, and the place of each element, of the shape of the tensor. */
  private final long count;

  private final Tensor places;

  private SegmentReductions(
      Reduce reduce, @Nullable Number initial, int axis, Tensor bounds, Shape shape) {
    this.reduce = reduce;
    this.initial = initial;
    this.axis = axis;
    this.count = bounds.size(-1) - 1;
    Shape rows = shape.slice(0, axis + 1);
    Tensor positions =
        ViewOps.expand(Creation.positions(bounds.device(), Shape.of(shape.size(axis))), rows);
    Tensor found = bounds.searchsorted(positions.contiguous(), Side.RIGHT);
    long[] aligned = shape.toArray();
    for (int i = axis + 1; i < aligned.length; i++) {
      aligned[i] = 1;
    }
    this.places = ViewOps.expand(ViewOps.reshape(found, Shape.of(aligned)), shape);
  }

  static Tensor of(Tensor x, Reduce reduce, Segments segments, @Nullable Number initial) {
    Reducing.floating("segmentReduce", x);
    Tensor bounds = segments.bounds(x);
    int axis = bounds.dim() - 1;
    var reductions = new SegmentReductions(reduce, initial, axis, bounds, x.shape());
    Tensor all = reductions.all(x);
    Tensor y = all.narrow(axis, 1, reductions.count);
    return Gradients.named("SegmentReduceBackward", y, x);
  }

  private Tensor all(Tensor x) {
    return switch (reduce) {
      case SUM -> full(x, 0).scatterAdd(axis, places, x);
      case PROD -> product(x);
      case MEAN -> {
        Tensor sums = full(x, 0).scatterAdd(axis, places, x);
        Tensor counts = constant(x, 0).scatterAdd(axis, places, x.detach().onesLike());
        yield sums.div(initial == null ? counts : counts.clampMin(1));
      }
      case AMAX, AMIN -> {
        Tensor extrema = extrema(x);
        if (initial == null) {
          yield extrema;
        }
        Tensor first = constant(x, initial);
        Tensor beyond = reduce == Reduce.AMAX ? first.gt(extrema) : first.lt(extrema);
        yield Tensor.where(beyond, first, extrema);
      }
    };
  }

  /** The products; of a NaN that is alone in its segment the gradient is that of the others. */
  private Tensor product(Tensor x) {
    boolean recorded = x.requiresGrad() && GradMode.isEnabled();
    Tensor nan = x.detach().isnan();
    if (!recorded || !nan.any().isTrue()) {
      return full(x, 1).scatterReduce(axis, places, x, Reduce.PROD);
    }
    Tensor numbers = x.maskedFill(nan, 1);
    Tensor others = full(x, 1).scatterReduce(axis, places, numbers, Reduce.PROD);
    Tensor count = constant(x, 0).scatterAdd(axis, places, nan.to(x.dtype()));
    Tensor own = constant(x, 0).scatterAdd(axis, places, x.maskedFill(nan.logicalNot(), 0));
    // With another NaN among the others nothing is left of the gradient either.
    Tensor factor = own.mul(Tensor.where(count.gt(1), constant(x, Double.NaN), constant(x, 1)));
    return others.mul(Tensor.where(count.eq(0), own.detach().onesLike(), factor));
  }

  /** The extrema, whose gradients their equals share, and each NaN if it is one. */
  private Tensor extrema(Tensor x) {
    Tensor values = x.detach();
    Number none =
        reduce == Reduce.AMAX ? Double.NEGATIVE_INFINITY : (Number) Double.POSITIVE_INFINITY;
    Tensor y = constant(x, none).scatterReduce(axis, places, values, reduce);
    if (x.requiresGrad() && GradMode.isEnabled()) {
      Tensor own = y.gather(axis, places);
      Tensor winners = values.eq(own).logicalOr(values.isnan());
      Tensor counts = constant(x, 0).scatterAdd(axis, places, winners.to(x.dtype())).clampMin(1);
      y.setHistory(
          Operation.of(
              "SegmentReduceBackward",
              Gradients.input(
                  x, g -> Gradients.chosen(g.div(counts).gather(axis, places), winners))));
    }
    return y;
  }

  /** What the reduction of each place begins with. */
  private Tensor full(Tensor x, Number neutral) {
    return constant(x, initial == null ? neutral : initial);
  }

  private Tensor constant(Tensor x, Number value) {
    return Creation.full(x.device(), x.shape().with(axis, count + 2), value, x.dtype());
  }
}
