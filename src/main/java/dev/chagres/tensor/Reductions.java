package dev.chagres.tensor;

import static dev.chagres.check.Given.given;
import static dev.chagres.check.Named.named;

import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.SoftmaxKernels.Softmax;
import dev.chagres.core.DType;
import dev.chagres.primitive.AutocastFunction;

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
        ReduceOp.SUM,
        Autocast.cast(AutocastFunction.SUM, self()),
        given("sum", "dims", dims),
        given("sum", "keep", keep));
  }

  /** Returns the sum over the dimensions of the elements converted to a dtype, in that dtype. */
  default Tensor sum(DType dtype, int... dims) {
    return sum(dtype, Keep.DROPDIM, dims);
  }

  /** Returns the sum over the dimensions of the elements converted to a dtype, in that dtype. */
  default Tensor sum(DType dtype, Keep keep, int... dims) {
    return Reducing.reduce(
        ReduceOp.SUM,
        self(),
        given("sum", "dtype", dtype),
        given("sum", "dims", dims),
        given("sum", "keep", keep));
  }

  /** Returns the mean over the dimensions; NaN for no elements. Floating dtypes only. */
  default Tensor mean(int... dims) {
    return mean(Keep.DROPDIM, dims);
  }

  /** Returns the mean over the dimensions. */
  default Tensor mean(Keep keep, int... dims) {
    return Reducing.mean(self(), given("mean", "dims", dims), given("mean", "keep", keep));
  }

  /** Returns the mean over the dimensions of the elements converted to a floating dtype. */
  default Tensor mean(DType dtype, int... dims) {
    return mean(dtype, Keep.DROPDIM, dims);
  }

  /** Returns the mean over the dimensions of the elements converted to a floating dtype. */
  default Tensor mean(DType dtype, Keep keep, int... dims) {
    return Copying.cast(self(), given("mean", "dtype", dtype)).mean(keep, dims);
  }

  /** Returns the sum over the dimensions of the elements that are no NaN. */
  default Tensor nansum(int... dims) {
    return nansum(Keep.DROPDIM, dims);
  }

  /** Returns the sum over the dimensions of the elements that are no NaN. */
  default Tensor nansum(Keep keep, int... dims) {
    return Reducing.nansum(self(), given("nansum", "dims", dims), given("nansum", "keep", keep));
  }

  /** Returns the sum over the dimensions of the numbers among the elements, in a dtype. */
  default Tensor nansum(DType dtype, int... dims) {
    return nansum(dtype, Keep.DROPDIM, dims);
  }

  /** Returns the sum over the dimensions of the numbers among the elements, in a dtype. */
  default Tensor nansum(DType dtype, Keep keep, int... dims) {
    DType to = given("nansum", "dtype", dtype);
    return Copying.cast(Copying.cast(self(), to).nansum(keep, dims), to);
  }

  /**
   * Returns the mean over the dimensions of the elements that are no NaN; NaN where all are.
   * Floating dtypes only.
   */
  default Tensor nanmean(int... dims) {
    return nanmean(Keep.DROPDIM, dims);
  }

  /** Returns the mean over the dimensions of the elements that are no NaN. */
  default Tensor nanmean(Keep keep, int... dims) {
    return Reducing.nanmean(self(), given("nanmean", "dims", dims), given("nanmean", "keep", keep));
  }

  /** Returns the mean over the dimensions of the numbers among the elements, in a dtype. */
  default Tensor nanmean(DType dtype, int... dims) {
    return nanmean(dtype, Keep.DROPDIM, dims);
  }

  /** Returns the mean over the dimensions of the numbers among the elements, in a dtype. */
  default Tensor nanmean(DType dtype, Keep keep, int... dims) {
    return Copying.cast(self(), given("nanmean", "dtype", dtype)).nanmean(keep, dims);
  }

  /** Returns how many elements are not zero over the dimensions, int64; a NaN counts. */
  default Tensor countNonzero(int... dims) {
    return Reducing.countNonzero(self(), given("countNonzero", "dims", dims));
  }

  /** Returns the sum of the main diagonal of a matrix, 0-d; int64 of integers. */
  default Tensor trace() {
    return Reducing.trace(Autocast.cast(AutocastFunction.TRACE, self()));
  }

  /**
   * Returns the elements summed down to a shape that broadcasts to this one: the inverse of {@link
   * Views#expand} on gradients. The same shape returns this tensor.
   */
  default Tensor sumToSize(long... sizes) {
    return Reducing.sumToSize(self(), Creation.shape("sumToSize", sizes));
  }

  /** Returns the product over the dimensions; 1 for no elements. */
  default Tensor prod(int... dims) {
    return prod(Keep.DROPDIM, dims);
  }

  /** Returns the product over the dimensions. */
  default Tensor prod(Keep keep, int... dims) {
    return Reducing.reduce(
        ReduceOp.PROD,
        Autocast.cast(AutocastFunction.PROD, self()),
        given("prod", "dims", dims),
        given("prod", "keep", keep));
  }

  /**
   * Returns the product over the dimensions of the elements converted to a dtype, in that dtype.
   */
  default Tensor prod(DType dtype, int... dims) {
    return prod(dtype, Keep.DROPDIM, dims);
  }

  /**
   * Returns the product over the dimensions of the elements converted to a dtype, in that dtype.
   */
  default Tensor prod(DType dtype, Keep keep, int... dims) {
    return Reducing.reduce(
        ReduceOp.PROD,
        self(),
        given("prod", "dtype", dtype),
        given("prod", "dims", dims),
        given("prod", "keep", keep));
  }

  /**
   * Returns the greatest element; a NaN wins. The gradient is shared equally among equals, and
   * among the NaN if it is one.
   */
  default Tensor max() {
    return Reducing.extremum(ReduceOp.MAX, self());
  }

  /**
   * Returns the least element; a NaN wins. The gradient is shared equally among equals, and among
   * the NaN if it is one.
   */
  default Tensor min() {
    return Reducing.extremum(ReduceOp.MIN, self());
  }

  /**
   * Returns the greatest elements along a dimension and where they are; the gradient goes to that
   * one place.
   */
  default Located max(int dim) {
    return max(Keep.DROPDIM, dim);
  }

  /** Returns the greatest elements along a dimension and where they are. */
  default Located max(Keep keep, int dim) {
    return Reducing.extrema(ReduceOp.ARGMAX, self(), dim, given("max", "keep", keep));
  }

  /**
   * Returns the least elements along a dimension and where they are; the gradient goes to that one
   * place.
   */
  default Located min(int dim) {
    return min(Keep.DROPDIM, dim);
  }

  /** Returns the least elements along a dimension and where they are. */
  default Located min(Keep keep, int dim) {
    return Reducing.extrema(ReduceOp.ARGMIN, self(), dim, given("min", "keep", keep));
  }

  /**
   * Returns the least and the greatest element; a NaN wins. Gradients are those of {@link #amin}
   * and {@link #amax}.
   */
  default Range aminmax() {
    return Reducing.range(self(), Reducing.ALL, Keep.DROPDIM);
  }

  /** Returns the least and the greatest elements along a dimension. */
  default Range aminmax(int dim) {
    return aminmax(Keep.DROPDIM, dim);
  }

  /** Returns the least and the greatest elements along a dimension; equals share the gradient. */
  default Range aminmax(Keep keep, int dim) {
    return Reducing.range(self(), new int[] {dim}, given("aminmax", "keep", keep));
  }

  /**
   * Returns the greatest elements over the dimensions; a NaN wins. The gradient is shared equally
   * among equals; where the result is NaN it is NaN for all, as in PyTorch, unlike that of {@link
   * #max()}.
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
   * Returns the least elements over the dimensions; a NaN wins. The gradient is shared equally
   * among equals; where the result is NaN it is NaN for all, as in PyTorch, unlike that of {@link
   * #min()}.
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
   * Returns the flat position of the greatest element; {@link Keep#KEEPDIM} keeps each dimension.
   */
  default Tensor argmax(Keep keep) {
    return given("argmax", "keep", keep) == Keep.KEEPDIM
        ? Reducing.flatPosition(ReduceOp.ARGMAX, self())
        : argmax();
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

  /** Returns the flat position of the least element; {@link Keep#KEEPDIM} keeps each dimension. */
  default Tensor argmin(Keep keep) {
    return given("argmin", "keep", keep) == Keep.KEEPDIM
        ? Reducing.flatPosition(ReduceOp.ARGMIN, self())
        : argmin();
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

  /** Returns {@code log(sum(exp(x)))} over the dimensions, without overflow. */
  default Tensor logsumexp(int... dims) {
    return logsumexp(Keep.DROPDIM, dims);
  }

  /** Returns {@code log(sum(exp(x)))} over the dimensions, without overflow. */
  default Tensor logsumexp(Keep keep, int... dims) {
    return named(
        "logsumexp",
        () ->
            Spread.logsumexp(
                Autocast.cast(AutocastFunction.LOGSUMEXP, self()),
                given("logsumexp", "dims", dims),
                given("logsumexp", "keep", keep)));
  }

  /** Returns {@code exp(x)} divided by its sum along a dimension. */
  default Tensor softmax(int dim) {
    Tensor x = Autocast.cast(AutocastFunction.SOFTMAX, self());
    return Softmaxes.softmax(Softmax.PROBABILITY, x, dim);
  }

  /** Returns {@code exp(x)} divided by its sum along a dimension, in a floating dtype. */
  default Tensor softmax(int dim, DType dtype) {
    Tensor x = Copying.cast(self(), given("softmax", "dtype", dtype));
    return Softmaxes.softmax(Softmax.PROBABILITY, x, dim);
  }

  /** Returns the logarithm of {@link #softmax}, without its rounding. */
  default Tensor logSoftmax(int dim) {
    Tensor x = Autocast.cast(AutocastFunction.SOFTMAX, self());
    return Softmaxes.softmax(Softmax.LOGARITHM, x, dim);
  }

  /** Returns the logarithm of {@link #softmax}, without its rounding, in a floating dtype. */
  default Tensor logSoftmax(int dim, DType dtype) {
    Tensor x = Copying.cast(self(), given("logSoftmax", "dtype", dtype));
    return Softmaxes.softmax(Softmax.LOGARITHM, x, dim);
  }

  /**
   * Returns the reduction of each segment of a dimension, as {@link #segmentReduce(Reduce,
   * Segments, Number)} does, of one without elements 0 for a sum, 1 for a product, NaN for a mean,
   * and an infinity for an extremum.
   */
  default Tensor segmentReduce(Reduce reduce, Segments segments) {
    given("segmentReduce", "reduce", reduce);
    return SegmentReductions.of(self(), reduce, given("segmentReduce", "segments", segments), null);
  }

  /**
   * Returns the reduction of each segment of a dimension, which begins with a number: of floating
   * dtypes only. A mean divides the sum with it by how many elements the segment has. The gradient
   * of an extremum is shared among the elements that equal it, or that are NaN if it is.
   *
   * @throws IllegalArgumentException if the segments leave the dimension, or are not all of it
   *     where their lengths were given
   */
  default Tensor segmentReduce(Reduce reduce, Segments segments, Number initial) {
    given("segmentReduce", "reduce", reduce);
    given("segmentReduce", "segments", segments);
    return SegmentReductions.of(
        self(), reduce, segments, given("segmentReduce", "initial", initial));
  }
}
