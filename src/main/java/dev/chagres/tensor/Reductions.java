package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.Backend;
import dev.chagres.backend.ReduceOp;

/**
 * Reductions. Without dimensions they reduce to a 0-d tensor; dimensions may be negative. {@link
 * Keep#KEEPDIM} in front keeps the reduced ones with size 1. Sums and products of integers and
 * bools are int64.
 */
public sealed interface Reductions permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Returns the sum over the dimensions; 0 for no elements. */
  default Tensor sum(int... dims) {
    return sum(Keep.DROPDIM, dims);
  }

  /** Returns the sum over the dimensions. */
  default Tensor sum(Keep keep, int... dims) {
    return Reducing.reduce(
        ReduceOp.SUM, self(), given("sum", "dims", dims), given("sum", "keep", keep));
  }

  /** Returns the mean over the dimensions; NaN for no elements. Floating dtypes only. */
  default Tensor mean(int... dims) {
    return mean(Keep.DROPDIM, dims);
  }

  /** Returns the mean over the dimensions. */
  default Tensor mean(Keep keep, int... dims) {
    return Reducing.mean(self(), given("mean", "dims", dims), given("mean", "keep", keep));
  }

  /** Returns the product over the dimensions; 1 for no elements. */
  default Tensor prod(int... dims) {
    return prod(Keep.DROPDIM, dims);
  }

  /** Returns the product over the dimensions. */
  default Tensor prod(Keep keep, int... dims) {
    return Reducing.reduce(
        ReduceOp.PROD, self(), given("prod", "dims", dims), given("prod", "keep", keep));
  }

  /** Returns the greatest element; a NaN wins. The gradient is shared equally among equals. */
  default Tensor max() {
    return Gradients.named("MaxBackward", Reducing.whole("max", ReduceOp.MAX, self()), self());
  }

  /** Returns the least element; a NaN wins. The gradient is shared equally among equals. */
  default Tensor min() {
    return Gradients.named("MinBackward", Reducing.whole("min", ReduceOp.MIN, self()), self());
  }

  /**
   * Returns the greatest elements along a dimension and where they are; the gradient goes to that
   * one place.
   */
  default Extrema max(int dim) {
    return max(Keep.DROPDIM, dim);
  }

  /** Returns the greatest elements along a dimension and where they are. */
  default Extrema max(Keep keep, int dim) {
    return Reducing.extrema(ReduceOp.ARGMAX, self(), dim, given("max", "keep", keep));
  }

  /**
   * Returns the least elements along a dimension and where they are; the gradient goes to that one
   * place.
   */
  default Extrema min(int dim) {
    return min(Keep.DROPDIM, dim);
  }

  /** Returns the least elements along a dimension and where they are. */
  default Extrema min(Keep keep, int dim) {
    return Reducing.extrema(ReduceOp.ARGMIN, self(), dim, given("min", "keep", keep));
  }

  /**
   * Returns the greatest elements over the dimensions; the gradient is shared equally among equals.
   */
  default Tensor amax(int... dims) {
    return amax(Keep.DROPDIM, dims);
  }

  /** Returns the greatest elements over the dimensions. */
  default Tensor amax(Keep keep, int... dims) {
    return Reducing.reduce(
        ReduceOp.MAX, self(), given("amax", "dims", dims), given("amax", "keep", keep));
  }

  /**
   * Returns the least elements over the dimensions; the gradient is shared equally among equals.
   */
  default Tensor amin(int... dims) {
    return amin(Keep.DROPDIM, dims);
  }

  /** Returns the least elements over the dimensions. */
  default Tensor amin(Keep keep, int... dims) {
    return Reducing.reduce(
        ReduceOp.MIN, self(), given("amin", "dims", dims), given("amin", "keep", keep));
  }

  /**
   * Returns the flat, row-major position of the greatest element, 0-d int64; the first of equals,
   * or the first NaN.
   */
  default Tensor argmax() {
    return self().flatten().argmax(0);
  }

  /**
   * Returns the positions of the greatest elements along a dimension, int64; the first of equals,
   * or the first NaN.
   */
  default Tensor argmax(int dim) {
    return argmax(Keep.DROPDIM, dim);
  }

  /** Returns the positions of the greatest elements along a dimension. */
  default Tensor argmax(Keep keep, int dim) {
    return Reducing.position(ReduceOp.ARGMAX, self(), dim, given("argmax", "keep", keep));
  }

  /**
   * Returns the flat, row-major position of the least element, 0-d int64; the first of equals, or
   * the first NaN.
   */
  default Tensor argmin() {
    return self().flatten().argmin(0);
  }

  /**
   * Returns the positions of the least elements along a dimension, int64; the first of equals, or
   * the first NaN.
   */
  default Tensor argmin(int dim) {
    return argmin(Keep.DROPDIM, dim);
  }

  /** Returns the positions of the least elements along a dimension. */
  default Tensor argmin(Keep keep, int dim) {
    return Reducing.position(ReduceOp.ARGMIN, self(), dim, given("argmin", "keep", keep));
  }

  /** Returns whether any element is not zero, over the dimensions: bool, but uint8 of uint8. */
  default Tensor any(int... dims) {
    return any(Keep.DROPDIM, dims);
  }

  /** Returns whether any element is not zero, over the dimensions: bool, but uint8 of uint8. */
  default Tensor any(Keep keep, int... dims) {
    return Reducing.truth(
        ReduceOp.ANY, self(), given("any", "dims", dims), given("any", "keep", keep));
  }

  /** Returns whether all elements are not zero, over the dimensions: bool, but uint8 of uint8. */
  default Tensor all(int... dims) {
    return all(Keep.DROPDIM, dims);
  }

  /** Returns whether all elements are not zero, over the dimensions: bool, but uint8 of uint8. */
  default Tensor all(Keep keep, int... dims) {
    return Reducing.truth(
        ReduceOp.ALL, self(), given("all", "dims", dims), given("all", "keep", keep));
  }

  /**
   * Returns the variance over the dimensions, with Bessel's correction (the sum of squares divided
   * by n - 1).
   */
  default Tensor var(int... dims) {
    return Spread.var(self(), given("var", "dims", dims), 1, Keep.DROPDIM);
  }

  /**
   * Returns the variance over the dimensions, the sum of squares divided by {@code n - correction}.
   */
  default Tensor var(Keep keep, long correction, int... dims) {
    return Spread.var(self(), given("var", "dims", dims), correction, given("var", "keep", keep));
  }

  /** Returns the standard deviation over the dimensions, with Bessel's correction. */
  default Tensor std(int... dims) {
    return Spread.std(self(), given("std", "dims", dims), 1, Keep.DROPDIM);
  }

  /**
   * Returns the standard deviation over the dimensions, the root of the sum of squares divided by
   * {@code n - correction}.
   */
  default Tensor std(Keep keep, long correction, int... dims) {
    return Spread.std(self(), given("std", "dims", dims), correction, given("std", "keep", keep));
  }

  /** Returns the Euclidean norm over the dimensions. */
  default Tensor norm(int... dims) {
    return norm(Keep.DROPDIM, dims);
  }

  /** Returns the Euclidean norm over the dimensions. */
  default Tensor norm(Keep keep, int... dims) {
    return Spread.norm(self(), given("norm", "dims", dims), given("norm", "keep", keep));
  }

  /** Returns {@code log(sum(exp(x)))} over the dimensions, without overflow. */
  default Tensor logsumexp(int... dims) {
    return Spread.logsumexp(self(), given("logsumexp", "dims", dims), Keep.DROPDIM);
  }

  /** Returns {@code log(sum(exp(x)))} over the dimensions, without overflow. */
  default Tensor logsumexp(Keep keep, int... dims) {
    return Spread.logsumexp(
        self(), given("logsumexp", "dims", dims), given("logsumexp", "keep", keep));
  }

  /** Returns {@code exp(x)} divided by its sum along a dimension. */
  default Tensor softmax(int dim) {
    return Softmaxes.softmax(Backend.Softmax.PROBABILITY, self(), dim);
  }

  /** Returns the logarithm of {@link #softmax}, without its rounding. */
  default Tensor logSoftmax(int dim) {
    return Softmaxes.softmax(Backend.Softmax.LOGARITHM, self(), dim);
  }
}
