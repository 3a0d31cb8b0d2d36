package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.backend.OrderKernels.Bound;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.core.Side;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/** Search in sorted rows, and what is counted: values, elements of bins, members of a set. */
final class Counting {
  private Counting() {}

  // ---- search

  static Tensor search(Tensor sorted, Tensor x, Side side, @Nullable Tensor order) {
    String name = "searchsorted";
    boolean shared = sorted.dim() == 1;
    boolean fits = shared || (sorted.dim() > 0 && sorted.dim() == x.dim());
    for (int i = 0; fits && !shared && i < sorted.dim() - 1; i++) {
      fits = sorted.size(i) == x.size(i);
    }
    if (!fits) {
      throw new IllegalArgumentException(
          name
              + ": a sequence of shape "
              + sorted.shape()
              + " must have one dimension, or all but the last of the values' "
              + x.shape());
    }
    if (order != null && (order.dtype() != DType.INT64 || !order.shape().equals(sorted.shape()))) {
      throw new IllegalArgumentException(
          name
              + ": a sorter must be int64 of shape "
              + sorted.shape()
              + ", not "
              + Tensor.describe(order));
    }
    DType common = Promotion.of(sorted, x);
    Tensor rows = Copying.contiguous(sorted.detach(), common);
    Tensor values = Copying.contiguous(x.detach(), common);
    Tensor places = order == null ? null : Copying.contiguous(order);
    Strided out = x.data().like(x.shape(), DType.INT64);
    Bound bound =
        switch (side) {
          case LEFT -> Bound.LEFT;
          case RIGHT -> Bound.RIGHT;
        };
    Backends.of(name, sorted, x)
        .ordering()
        .search(bound, rows.data(), places == null ? null : places.data(), values.data(), out);
    Reference.reachabilityFence(rows);
    Reference.reachabilityFence(values);
    Reference.reachabilityFence(places);
    return new Tensor(out);
  }

  static Tensor search(Tensor sorted, Number x, Side side, @Nullable Tensor order) {
    DType common = Promotion.of(sorted, x);
    Tensor value = Creation.scalar(sorted.device(), "searchsorted", x, common);
    return search(Copying.cast(sorted.detach(), common), value, side, order);
  }

  static Tensor bucketize(Tensor x, Tensor boundaries, Side side) {
    if (boundaries.dim() != 1) {
      throw new IllegalArgumentException(
          "bucketize: the boundaries must have one dimension, not shape " + boundaries.shape());
    }
    return search(boundaries, x, side, null);
  }

  // ---- sets

  static Tensor isin(Tensor x, Tensor set) {
    DType common = Promotion.of(x, set);
    if (x.dtype() == DType.BOOL || set.dtype() == DType.BOOL) {
      throw new IllegalArgumentException("isin: not defined for bool");
    }
    try (var _ = GradMode.disable()) {
      Tensor members = Copying.cast(set.detach(), common).flatten();
      Tensor elements = Copying.cast(x.detach(), common);
      if (members.numel() == 0) {
        return Creation.full(x.device(), x.shape(), 0, DType.BOOL);
      }
      if (!common.isFloating()) {
        return isAmong(members, elements);
      }
      // A NaN is not in any set, and would not let the others be found: one of them takes its
      // place.
      Tensor missing = members.ne(members);
      Tensor other = members.maskedFill(missing, Double.NEGATIVE_INFINITY).amax();
      return isAmong(Elementwise.where("isin", missing, other, members), elements)
          .logicalAnd(missing.all().logicalNot());
    }
  }

  private static Tensor isAmong(Tensor members, Tensor elements) {
    Tensor sorted = Ordering.sortedVector(members).values();
    Tensor place = search(sorted, elements, Side.LEFT, null).clampMax(members.numel() - 1);
    Tensor found = sorted.indexSelect(0, place.flatten());
    return ViewOps.reshape(found, elements.shape()).eq(elements);
  }

  // ---- counts

  static Tensor bincount(Tensor x, @Nullable Tensor weights, long minlength) {
    if (!x.dtype().isInteger() || x.dim() > 1 || (x.dim() == 0 && x.numel() > 0)) {
      throw new IllegalArgumentException(
          "bincount: a vector of integers is needed, not " + Tensor.describe(x));
    }
    if (minlength < 0) {
      throw new IllegalArgumentException("bincount: minlength is negative: " + minlength);
    }
    if (weights != null && !weights.shape().equals(x.shape())) {
      throw new IllegalArgumentException(
          "bincount: weights of shape " + weights.shape() + " for elements of " + x.shape());
    }
    DType result =
        weights == null
            ? DType.INT64
            : weights.dtype() == DType.FLOAT32 ? DType.FLOAT32 : DType.FLOAT64;
    try (var _ = GradMode.disable()) {
      Tensor places = Copying.contiguous(x, DType.INT64);
      if (x.numel() > 0 && places.min().itemLong() < 0) {
        throw new IllegalArgumentException("bincount: an element is negative");
      }
      long greatest = x.numel() == 0 ? -1 : places.max().itemLong();
      if (greatest == Long.MAX_VALUE) {
        throw new IllegalArgumentException("bincount: too many counts, up to " + greatest);
      }
      Shape shape = Creation.shape("bincount", Math.max(greatest + 1, minlength));
      Tensor bins = Creation.full(x.device(), shape, 0, result);
      if (weights == null) {
        Backends.of(x.device()).counting().count(places.data(), bins.data());
        Reference.reachabilityFence(places);
      } else {
        IndexOps.addAt(bins, places, Copying.cast(weights.detach(), result));
      }
      return bins;
    }
  }

  static Tensor histc(Tensor x, long bins, double min, double max) {
    if (!x.dtype().isFloating()) {
      throw new IllegalArgumentException("histc: not defined for " + x.dtype());
    }
    if (bins < 1) {
      throw new IllegalArgumentException("histc: there must be a bin, not " + bins);
    }
    Creation.shape("histc", bins); // or there are too many
    try (var _ = GradMode.disable()) {
      Tensor all = ViewOps.reshape(x.detach(), Shape.of(x.numel()));
      double[] range = min == max ? Histograms.extremes(all, 0) : new double[] {min, max};
      Histograms.checked("histc", range, 1);
      if (x.dtype().size() < DType.FLOAT32.size()) {
        return Copying.cast(ofHalves(all, bins, range[0], range[1]), x.dtype());
      }
      Tensor points = Copying.contiguous(all);
      Tensor counts = Creation.full(x.device(), Shape.of(bins), 0, DType.INT64);
      Backends.of(x.device())
          .counting()
          .histogram(points.data(), range[0], range[1], counts.data());
      Reference.reachabilityFence(points);
      return Copying.cast(counts, x.dtype());
    }
  }

  /** Here PyTorch rounds at every step, and so do operations one after the other. */
  private static Tensor ofHalves(Tensor x, long bins, double low, double high) {
    Tensor within = x.maskedSelect(x.ge(low).logicalAnd(x.le(high)));
    Tensor place = within.sub(low).mul(bins).div(high - low).to(DType.INT64);
    return bincount(place.clamp(0, bins - 1), null, bins);
  }
}
