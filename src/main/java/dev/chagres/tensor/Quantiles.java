package dev.chagres.tensor;

import dev.chagres.core.DType;
import dev.chagres.core.Order;
import dev.chagres.core.Shape;
import dev.chagres.primitive.AutocastFunction;

/** Quantiles: elements of the sorted lines, or what is between two of them. */
final class Quantiles {
  /** What a NaN does: it is the result, or does not count. */
  enum Nan {
    WINS,
    IS_LEFT_OUT
  }

  /** The dimension whose lines have a quantile each, and whether it stays. */
  record Along(int dim, Keep keep) {}

  private Quantiles() {}

  /** One rank, or a vector of them, of all elements. */
  static Tensor of(Nan nan, Tensor given, Tensor ranks, Interpolation between) {
    Tensor x = Autocast.cast(AutocastFunction.QUANTILE, given);
    Tensor q = Autocast.cast(AutocastFunction.QUANTILE, ranks);
    check(nan, x, q);
    return quantiles(nan, ViewOps.reshape(x, Shape.of(x.numel())), q, between);
  }

  /** One rank, or a vector of them, of each line; the ranks are the result's first dimension. */
  static Tensor of(Nan nan, Tensor given, Tensor ranks, Along along, Interpolation between) {
    Tensor x = Autocast.cast(AutocastFunction.QUANTILE, given);
    Tensor q = Autocast.cast(AutocastFunction.QUANTILE, ranks);
    check(nan, x, q);
    int axis = x.shape().axis(name(nan), along.dim);
    if (x.dim() == 0) {
      return quantiles(nan, ViewOps.reshape(x, Shape.of(1)), q, between);
    }
    // The lines become the last dimension, and leave one of size 1 where they were.
    Tensor y = quantiles(nan, x.unsqueeze(-1).transpose(axis, -1), q, between);
    return along.keep == Keep.KEEPDIM ? y : y.squeeze(q.dim() + axis);
  }

  /** A rank in the dtype of the tensor. */
  static Tensor rank(Nan nan, Tensor given, double q) {
    Tensor x = Autocast.cast(AutocastFunction.QUANTILE, given);
    checkType(nan, x);
    return Creation.scalar(x.device(), name(nan), q, x.dtype());
  }

  private static String name(Nan nan) {
    return nan == Nan.WINS ? "quantile" : "nanquantile";
  }

  private static void checkType(Nan nan, Tensor x) {
    if (x.dtype() != DType.FLOAT32 && x.dtype() != DType.FLOAT64) {
      throw new IllegalArgumentException(
          name(nan) + ": float32 or float64 is needed, not " + x.dtype());
    }
  }

  private static void check(Nan nan, Tensor x, Tensor q) {
    checkType(nan, x);
    if (x.numel() == 0) {
      throw new IllegalArgumentException(name(nan) + ": there are no elements in " + x.shape());
    }
    if (q.dim() > 1 || q.dtype() != x.dtype()) {
      throw new IllegalArgumentException(
          name(nan)
              + ": q must be a scalar or a vector of "
              + x.dtype()
              + ", not "
              + Tensor.describe(q));
    }
    Tensor ranks = q.detach();
    if (!ranks.ge(0).logicalAnd(ranks.le(1)).all().isTrue()) {
      throw new IllegalArgumentException(name(nan) + ": q must be from 0 to 1");
    }
  }

  /** (ranks …, lines …) of the last dimension. */
  private static Tensor quantiles(Nan nan, Tensor x, Tensor q, Interpolation between) {
    Tensor sorted = Ordering.sort(x, -1, Order.ASCENDING).values();
    Tensor row = ViewOps.reshape(q, Shape.of(q.numel()));
    Tensor rank = ranks(nan, sorted.detach(), row);
    Tensor lower = picked(sorted, rank.floor());
    Tensor higher = picked(sorted, rank.ceil());
    Tensor y =
        switch (between) {
          case LOWER -> lower;
          case HIGHER -> higher;
          case NEAREST -> picked(sorted, rank.round());
          case LINEAR -> mix(lower, higher, rank.sub(rank.detach().floor()));
          case MIDPOINT -> mix(lower, higher, rank.detach().onesLike().mul(0.5));
        };
    // The ranks become the first dimension.
    int dims = y.dim();
    int[] order = new int[dims];
    for (int i = 0; i < dims; i++) {
      order[i] = i == 0 ? dims - 1 : i - 1;
    }
    Tensor first = y.permute(order);
    return q.dim() == 0 ? first.select(0, 0) : first;
  }

  /**
   * The ranks in each sorted line, as floating numbers; that of NaN if there is one and it wins.
   */
  private static Tensor ranks(Nan nan, Tensor sorted, Tensor q) {
    Tensor missing = sorted.isnan();
    double last = sorted.size(-1) - 1.0;
    if (nan == Nan.WINS) {
      Tensor any = missing.any(Keep.KEEPDIM, -1);
      Tensor rank = q.mul(last);
      return Tensor.where(any, rank.detach().zerosLike().add(last), rank);
    }
    Tensor count = missing.logicalNot().sum(Keep.KEEPDIM, -1);
    return q.mul(count.sub(1).clampMin(0).to(q.dtype()));
  }

  private static Tensor picked(Tensor sorted, Tensor rank) {
    return sorted.gather(-1, rank.detach().to(DType.INT64));
  }

  private static Tensor mix(Tensor low, Tensor high, Tensor weight) {
    Tensor span = high.sub(low);
    return Tensor.where(
        weight.detach().lt(0.5), low.add(span.mul(weight)), high.sub(span.mul(weight.rsub(1))));
  }
}
