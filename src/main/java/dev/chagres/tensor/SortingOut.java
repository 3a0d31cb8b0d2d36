package dev.chagres.tensor;

import dev.chagres.core.Order;
import dev.chagres.core.Side;

/**
 * What grows along a dimension, elements in order, by their rank and by their value, of {@link
 * Out}.
 */
abstract sealed class SortingOut extends ReductionsOut permits IndexingOut {
  SortingOut() {}

  // ---- scans

  /** Writes the sums so far along a dimension, reckoned in the dtype of {@code out}, to it. */
  public static Tensor cumsum(Tensor x, int dim, Tensor out) {
    return Writing.stored("cumsum", "x", out, () -> x.cumsum(dim, reckoned(x, out)), x);
  }

  /** Writes the products so far along a dimension, reckoned in the dtype of {@code out}, to it. */
  public static Tensor cumprod(Tensor x, int dim, Tensor out) {
    return Writing.stored("cumprod", "x", out, () -> x.cumprod(dim, reckoned(x, out)), x);
  }

  /** Writes {@code log(cumsum(exp(x)))} along a dimension to {@code out}. */
  public static Tensor logcumsumexp(Tensor x, int dim, Tensor out) {
    return Writing.stored("logcumsumexp", "x", out, () -> x.logcumsumexp(dim), x);
  }

  /** Writes the greatest elements so far along a dimension, and where they are, to two tensors. */
  public static Located cummax(Tensor x, int dim, Located out) {
    return ReductionsOut.located("cummax", x, out, () -> x.cummax(dim));
  }

  /** Writes the least elements so far along a dimension, and where they are, to two tensors. */
  public static Located cummin(Tensor x, int dim, Located out) {
    return ReductionsOut.located("cummin", x, out, () -> x.cummin(dim));
  }

  /** Writes the n-th differences of neighbours along a dimension to {@code out}. */
  public static Tensor diff(Tensor x, long n, int dim, Tensor out) {
    return Writing.stored("diff", "x", out, () -> x.diff(n, dim), x);
  }

  // ---- order

  /** Writes the elements in order along a dimension, and where they were, to two tensors. */
  public static Located sort(Tensor x, int dim, Order order, Located out) {
    return ReductionsOut.located("sort", x, out, () -> x.sort(dim, order));
  }

  /** Writes where the elements are that sort a dimension to {@code out}. */
  public static Tensor argsort(Tensor x, int dim, Order order, Tensor out) {
    return Writing.stored("argsort", "x", out, () -> x.argsort(dim, order), x);
  }

  /** Writes the elements in ascending order along the first dimension to {@code out}. */
  public static Tensor msort(Tensor x, Tensor out) {
    return Writing.stored("msort", "x", out, () -> x.msort(), x);
  }

  /**
   * Writes the first k elements in an order along a dimension, and where they are, to two tensors.
   */
  public static Located topk(Tensor x, long k, int dim, Order order, Located out) {
    return ReductionsOut.located("topk", x, out, () -> x.topk(k, dim, order));
  }

  /** Writes the k-th least elements along a dimension, and where they are, to two tensors. */
  public static Located kthvalue(Tensor x, long k, int dim, Located out) {
    return ReductionsOut.located("kthvalue", x, out, () -> x.kthvalue(k, dim));
  }

  /** Writes the medians along a dimension, and where they are, to two tensors. */
  public static Located median(Tensor x, int dim, Located out) {
    return ReductionsOut.located("median", x, out, () -> x.median(dim));
  }

  /** Writes the medians along a dimension of what is no NaN, and where they are, to two tensors. */
  public static Located nanmedian(Tensor x, int dim, Located out) {
    return ReductionsOut.located("nanmedian", x, out, () -> x.nanmedian(dim));
  }

  /** Writes the most frequent elements along a dimension, and where they are, to two tensors. */
  public static Located mode(Tensor x, int dim, Located out) {
    return ReductionsOut.located("mode", x, out, () -> x.mode(dim));
  }

  /** Writes the quantile q along a dimension to {@code out}. */
  public static Tensor quantile(Tensor x, double q, int dim, Tensor out) {
    return Writing.stored("quantile", "x", out, () -> x.quantile(q, dim), x);
  }

  /** Writes the quantiles q along a dimension to {@code out}. */
  public static Tensor quantile(Tensor x, Tensor q, int dim, Tensor out) {
    return Writing.stored("quantile", "x q", out, () -> x.quantile(q, dim), x, q);
  }

  /** Writes the quantiles q along a dimension to {@code out}. */
  public static Tensor quantile(
      Tensor x, Tensor q, int dim, Interpolation interpolation, Tensor out) {
    return Writing.stored(
        "quantile", "x q", out, () -> x.quantile(Keep.DROPDIM, q, dim, interpolation), x, q);
  }

  /** Writes the quantile q along a dimension of what is no NaN to {@code out}. */
  public static Tensor nanquantile(Tensor x, double q, int dim, Tensor out) {
    return Writing.stored("nanquantile", "x", out, () -> x.nanquantile(q, dim), x);
  }

  /** Writes the quantiles q along a dimension of what is no NaN to {@code out}. */
  public static Tensor nanquantile(Tensor x, Tensor q, int dim, Tensor out) {
    return Writing.stored("nanquantile", "x q", out, () -> x.nanquantile(q, dim), x, q);
  }

  /** Writes the quantiles q along a dimension of what is no NaN to {@code out}. */
  public static Tensor nanquantile(
      Tensor x, Tensor q, int dim, Interpolation interpolation, Tensor out) {
    return Writing.stored(
        "nanquantile", "x q", out, () -> x.nanquantile(Keep.DROPDIM, q, dim, interpolation), x, q);
  }

  // ---- values

  /** Writes the counts of the elements in equal bins from min to max to {@code out}. */
  public static Tensor histc(Tensor x, long bins, double min, double max, Tensor out) {
    return Writing.stored("histc", "x", out, () -> x.histc(bins, min, max), x);
  }

  /** Writes where the values belong in sorted rows, int64, to {@code out}. */
  public static Tensor searchsorted(Tensor sorted, Tensor values, Side side, Tensor out) {
    return Writing.stored(
        "searchsorted",
        "sorted values",
        out,
        () -> sorted.searchsorted(values, side),
        sorted,
        values);
  }

  /** Writes in which bucket between boundaries each element is, int64, to {@code out}. */
  public static Tensor bucketize(Tensor x, Tensor boundaries, Side side, Tensor out) {
    return Writing.stored(
        "bucketize", "x boundaries", out, () -> x.bucketize(boundaries, side), x, boundaries);
  }

  /** Writes whether each element is one of others to {@code out}. */
  public static Tensor isin(Tensor x, Tensor elements, Tensor out) {
    return Writing.stored("isin", "x elements", out, () -> x.isin(elements), x, elements);
  }
}
