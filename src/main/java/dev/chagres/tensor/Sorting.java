package dev.chagres.tensor;

import static dev.chagres.check.Given.given;
import static dev.chagres.check.Named.named;

import dev.chagres.backend.Choice;
import dev.chagres.core.Order;

/**
 * Elements in order, and by their rank. NaN is greatest, and equal elements keep the order in which
 * they are.
 */
public sealed interface Sorting permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Returns the elements in ascending order along the last dimension, and where they were. */
  default Located sort() {
    return sort(-1);
  }

  /** Returns the elements in ascending order along a dimension, and where they were. */
  default Located sort(int dim) {
    return sort(dim, Order.ASCENDING);
  }

  /** Returns the elements in order along a dimension, and where they were. */
  default Located sort(int dim, Order order) {
    return Ordering.sort(self(), dim, given("sort", "order", order));
  }

  /** Returns where the elements are that sort the last dimension. */
  default Tensor argsort() {
    return argsort(-1);
  }

  /** Returns where the elements are that sort a dimension. */
  default Tensor argsort(int dim) {
    return argsort(dim, Order.ASCENDING);
  }

  /** Returns where the elements are that sort a dimension. */
  default Tensor argsort(int dim, Order order) {
    given("argsort", "order", order);
    return named("argsort", () -> Ordering.sort(self().detach(), dim, order).indices());
  }

  /** Returns the elements in ascending order along the first dimension. */
  default Tensor msort() {
    return sort(0).values();
  }

  /** Returns the k greatest elements along the last dimension, the greatest first. */
  default Located topk(long k) {
    return topk(k, -1);
  }

  /** Returns the k greatest elements along a dimension, the greatest first, and where they are. */
  default Located topk(long k, int dim) {
    return topk(k, dim, Order.DESCENDING);
  }

  /**
   * Returns the first k elements in this order along a dimension, and where they are: the greatest,
   * or for {@link Order#ASCENDING} the least. Of equals the first are taken. The result is always
   * sorted; what PyTorch returns for {@code sorted=False} is in an order that it leaves open.
   */
  default Located topk(long k, int dim, Order order) {
    return Ordering.topk(self(), k, dim, given("topk", "order", order));
  }

  /** Returns the k-th least elements along the last dimension, counted from 1. */
  default Located kthvalue(long k) {
    return kthvalue(k, -1);
  }

  /** Returns the k-th least elements along a dimension, counted from 1, and where they are. */
  default Located kthvalue(long k, int dim) {
    return kthvalue(Keep.DROPDIM, k, dim);
  }

  /**
   * Returns the k-th least elements along a dimension, counted from 1, and where they are; of
   * equals the one that PyTorch's quickselect comes upon, on CUDA any.
   */
  default Located kthvalue(Keep keep, long k, int dim) {
    return Ordering.kthvalue(self(), k, dim, given("kthvalue", "keep", keep));
  }

  /**
   * Returns the median, of two middle elements the less; a NaN wins. NaN if there are no elements.
   * The gradient is shared equally among equals.
   */
  default Tensor median() {
    return Ordering.median(Choice.Kind.MEDIAN, self());
  }

  /**
   * Returns the medians along a dimension, and where they are; a NaN wins. Of equals the one that a
   * sort has in the middle.
   */
  default Located median(int dim) {
    return median(Keep.DROPDIM, dim);
  }

  /** Returns the medians along a dimension, and where they are. */
  default Located median(Keep keep, int dim) {
    return Ordering.median(Choice.Kind.MEDIAN, self(), dim, given("median", "keep", keep));
  }

  /**
   * Returns the median, of two middle elements the less; NaN do not count, unless all are. NaN if
   * there are no elements. The gradient is shared equally among equals.
   */
  default Tensor nanmedian() {
    return Ordering.median(Choice.Kind.NANMEDIAN, self());
  }

  /**
   * Returns the medians along a dimension, and where they are; NaN do not count, unless all are. Of
   * equals the one that a sort has in the middle.
   */
  default Located nanmedian(int dim) {
    return nanmedian(Keep.DROPDIM, dim);
  }

  /** Returns the medians along a dimension, and where they are. */
  default Located nanmedian(Keep keep, int dim) {
    return Ordering.median(Choice.Kind.NANMEDIAN, self(), dim, given("nanmedian", "keep", keep));
  }

  /** Returns the most frequent elements along the last dimension, and where they are. */
  default Located mode() {
    return mode(-1);
  }

  /** Returns the most frequent elements along a dimension, and where they are. */
  default Located mode(int dim) {
    return mode(Keep.DROPDIM, dim);
  }

  /**
   * Returns the most frequent elements along a dimension, of several the least, and where the last
   * of each is. No NaN equals another.
   */
  default Located mode(Keep keep, int dim) {
    return Ordering.mode(self(), dim, given("mode", "keep", keep));
  }

  /**
   * Returns the element below which the part {@code q}, 0 to 1, of all elements lies, interpolated
   * linearly; a NaN wins. float32 and float64.
   */
  default Tensor quantile(double q) {
    return quantile(Quantiles.rank(Quantiles.Nan.WINS, self(), q));
  }

  /**
   * Returns the {@link #quantile} of all elements; a rank between two of them is settled as told.
   */
  default Tensor quantile(double q, Interpolation interpolation) {
    return quantile(Quantiles.rank(Quantiles.Nan.WINS, self(), q), interpolation);
  }

  /** Returns the {@link #quantile} of all elements for a scalar, or each of a vector, of ranks. */
  default Tensor quantile(Tensor q) {
    return quantile(q, Interpolation.LINEAR);
  }

  /** Returns the {@link #quantile} of all elements for a scalar, or each of a vector, of ranks. */
  default Tensor quantile(Tensor q, Interpolation interpolation) {
    return Quantiles.of(
        Quantiles.Nan.WINS,
        self(),
        given("quantile", "q", q),
        given("quantile", "interpolation", interpolation));
  }

  /** Returns the {@link #quantile} along a dimension. */
  default Tensor quantile(double q, int dim) {
    return quantile(Quantiles.rank(Quantiles.Nan.WINS, self(), q), dim);
  }

  /**
   * Returns the {@link #quantile} along a dimension; a vector of ranks comes first in the result.
   */
  default Tensor quantile(Tensor q, int dim) {
    return quantile(Keep.DROPDIM, q, dim, Interpolation.LINEAR);
  }

  /** Returns the {@link #quantile} along a dimension. */
  default Tensor quantile(Keep keep, double q, int dim, Interpolation interpolation) {
    return quantile(keep, Quantiles.rank(Quantiles.Nan.WINS, self(), q), dim, interpolation);
  }

  /**
   * Returns the {@link #quantile} along a dimension; a vector of ranks comes first in the result.
   */
  default Tensor quantile(Keep keep, Tensor q, int dim, Interpolation interpolation) {
    return Quantiles.of(
        Quantiles.Nan.WINS,
        self(),
        given("quantile", "q", q),
        new Quantiles.Along(dim, given("quantile", "keep", keep)),
        given("quantile", "interpolation", interpolation));
  }

  /**
   * Returns the element below which the part {@code q}, 0 to 1, of all elements lies, interpolated
   * linearly; a NaN does not count. float32 and float64.
   */
  default Tensor nanquantile(double q) {
    return nanquantile(Quantiles.rank(Quantiles.Nan.IS_LEFT_OUT, self(), q));
  }

  /**
   * Returns the {@link #nanquantile} of all elements; a rank between two of them is settled as
   * told.
   */
  default Tensor nanquantile(double q, Interpolation interpolation) {
    return nanquantile(Quantiles.rank(Quantiles.Nan.IS_LEFT_OUT, self(), q), interpolation);
  }

  /**
   * Returns the {@link #nanquantile} of all elements for a scalar, or each of a vector, of ranks.
   */
  default Tensor nanquantile(Tensor q) {
    return nanquantile(q, Interpolation.LINEAR);
  }

  /**
   * Returns the {@link #nanquantile} of all elements for a scalar, or each of a vector, of ranks.
   */
  default Tensor nanquantile(Tensor q, Interpolation interpolation) {
    return Quantiles.of(
        Quantiles.Nan.IS_LEFT_OUT,
        self(),
        given("nanquantile", "q", q),
        given("nanquantile", "interpolation", interpolation));
  }

  /** Returns the {@link #nanquantile} along a dimension. */
  default Tensor nanquantile(double q, int dim) {
    return nanquantile(Quantiles.rank(Quantiles.Nan.IS_LEFT_OUT, self(), q), dim);
  }

  /**
   * Returns the {@link #nanquantile} along a dimension; a vector of ranks comes first in the
   * result.
   */
  default Tensor nanquantile(Tensor q, int dim) {
    return nanquantile(Keep.DROPDIM, q, dim, Interpolation.LINEAR);
  }

  /** Returns the {@link #nanquantile} along a dimension. */
  default Tensor nanquantile(Keep keep, double q, int dim, Interpolation interpolation) {
    return nanquantile(
        keep, Quantiles.rank(Quantiles.Nan.IS_LEFT_OUT, self(), q), dim, interpolation);
  }

  /**
   * Returns the {@link #nanquantile} along a dimension; a vector of ranks comes first in the
   * result.
   */
  default Tensor nanquantile(Keep keep, Tensor q, int dim, Interpolation interpolation) {
    return Quantiles.of(
        Quantiles.Nan.IS_LEFT_OUT,
        self(),
        given("nanquantile", "q", q),
        new Quantiles.Along(dim, given("nanquantile", "keep", keep)),
        given("nanquantile", "interpolation", interpolation));
  }
}
