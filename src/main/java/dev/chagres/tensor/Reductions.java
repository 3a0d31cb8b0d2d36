package dev.chagres.tensor;

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
    return Reducing.reduce(ReduceOp.SUM, self(), dims, keep);
  }

  /** Returns the mean over the dimensions; NaN for no elements. Floating dtypes only. */
  default Tensor mean(int... dims) {
    return mean(Keep.DROPDIM, dims);
  }

  /** Returns the mean over the dimensions. */
  default Tensor mean(Keep keep, int... dims) {
    return Reducing.mean(self(), dims, keep);
  }

  /** Returns the product over the dimensions; 1 for no elements. */
  default Tensor prod(int... dims) {
    return prod(Keep.DROPDIM, dims);
  }

  /** Returns the product over the dimensions. */
  default Tensor prod(Keep keep, int... dims) {
    return Reducing.reduce(ReduceOp.PROD, self(), dims, keep);
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
    return Reducing.extrema(ReduceOp.ARGMAX, self(), dim, keep);
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
    return Reducing.extrema(ReduceOp.ARGMIN, self(), dim, keep);
  }

  /**
   * Returns the greatest elements over the dimensions; the gradient is shared equally among equals.
   */
  default Tensor amax(int... dims) {
    return amax(Keep.DROPDIM, dims);
  }

  /** Returns the greatest elements over the dimensions. */
  default Tensor amax(Keep keep, int... dims) {
    return Reducing.reduce(ReduceOp.MAX, self(), dims, keep);
  }

  /**
   * Returns the least elements over the dimensions; the gradient is shared equally among equals.
   */
  default Tensor amin(int... dims) {
    return amin(Keep.DROPDIM, dims);
  }

  /** Returns the least elements over the dimensions. */
  default Tensor amin(Keep keep, int... dims) {
    return Reducing.reduce(ReduceOp.MIN, self(), dims, keep);
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
    return Reducing.position(ReduceOp.ARGMAX, self(), dim, keep);
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
    return Reducing.position(ReduceOp.ARGMIN, self(), dim, keep);
  }

  /** Returns whether any element is not zero, over the dimensions, as bool. */
  default Tensor any(int... dims) {
    return any(Keep.DROPDIM, dims);
  }

  /** Returns whether any element is not zero, over the dimensions, as bool. */
  default Tensor any(Keep keep, int... dims) {
    return Reducing.reduce(ReduceOp.ANY, self(), dims, keep);
  }

  /** Returns whether all elements are not zero, over the dimensions, as bool. */
  default Tensor all(int... dims) {
    return all(Keep.DROPDIM, dims);
  }

  /** Returns whether all elements are not zero, over the dimensions, as bool. */
  default Tensor all(Keep keep, int... dims) {
    return Reducing.reduce(ReduceOp.ALL, self(), dims, keep);
  }

  /**
   * Returns the variance over the dimensions, with Bessel's correction (the sum of squares divided
   * by n - 1).
   */
  default Tensor var(int... dims) {
    return Spread.var(self(), dims, 1, Keep.DROPDIM);
  }

  /**
   * Returns the variance over the dimensions, the sum of squares divided by {@code n - correction}.
   */
  default Tensor var(Keep keep, long correction, int... dims) {
    return Spread.var(self(), dims, correction, keep);
  }

  /** Returns the standard deviation over the dimensions, with Bessel's correction. */
  default Tensor std(int... dims) {
    return Spread.std(self(), dims, 1, Keep.DROPDIM);
  }

  /**
   * Returns the standard deviation over the dimensions, the root of the sum of squares divided by
   * {@code n - correction}.
   */
  default Tensor std(Keep keep, long correction, int... dims) {
    return Spread.std(self(), dims, correction, keep);
  }

  /** Returns the Euclidean norm over the dimensions. */
  default Tensor norm(int... dims) {
    return norm(Keep.DROPDIM, dims);
  }

  /** Returns the Euclidean norm over the dimensions. */
  default Tensor norm(Keep keep, int... dims) {
    return Spread.norm(self(), dims, keep);
  }

  /** Returns {@code log(sum(exp(x)))} over the dimensions, without overflow. */
  default Tensor logsumexp(int... dims) {
    return Spread.logsumexp(self(), dims, Keep.DROPDIM);
  }

  /** Returns {@code log(sum(exp(x)))} over the dimensions, without overflow. */
  default Tensor logsumexp(Keep keep, int... dims) {
    return Spread.logsumexp(self(), dims, keep);
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
