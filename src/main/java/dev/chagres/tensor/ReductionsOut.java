package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import java.util.List;
import java.util.function.Supplier;

/** The reductions of {@link Out}. */
abstract sealed class ReductionsOut extends ProductsOut permits SortingOut {
  ReductionsOut() {}

  // ---- reductions: over these dimensions (none: all), which go

  /** Writes the sum over the dimensions, reckoned in the dtype of {@code out}, to it. */
  public static Tensor sum(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("sum", "x", out, () -> x.sum(reckoned(x, out), dims), x);
  }

  /** Writes the product over the dimensions, reckoned in the dtype of {@code out}, to it. */
  public static Tensor prod(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("prod", "x", out, () -> x.prod(reckoned(x, out), dims), x);
  }

  /** Writes the mean over the dimensions to {@code out}. */
  public static Tensor mean(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("mean", "x", out, () -> x.mean(dims), x);
  }

  /** Writes the greatest elements over the dimensions to {@code out}. */
  public static Tensor amax(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("amax", "x", out, () -> x.amax(dims), x);
  }

  /** Writes the least elements over the dimensions to {@code out}. */
  public static Tensor amin(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("amin", "x", out, () -> x.amin(dims), x);
  }

  /** Writes whether any element is not zero over the dimensions to {@code out}. */
  public static Tensor any(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("any", "x", out, () -> x.any(dims), x);
  }

  /** Writes whether all elements are not zero over the dimensions to {@code out}. */
  public static Tensor all(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("all", "x", out, () -> x.all(dims), x);
  }

  /** Writes the positions of the greatest elements along a dimension to {@code out}. */
  public static Tensor argmax(Tensor x, int dim, Tensor out) {
    return Writing.stored("argmax", "x", out, () -> x.argmax(dim), x);
  }

  /** Writes the positions of the least elements along a dimension to {@code out}. */
  public static Tensor argmin(Tensor x, int dim, Tensor out) {
    return Writing.stored("argmin", "x", out, () -> x.argmin(dim), x);
  }

  /** Writes {@code exp(x)} divided by its sum along a dimension to {@code out}. */
  public static Tensor softmax(Tensor x, int dim, Tensor out) {
    return Writing.stored("softmax", "x", out, () -> x.softmax(dim), x);
  }

  /** Writes the logarithm of {@link #softmax} along a dimension to {@code out}. */
  public static Tensor logSoftmax(Tensor x, int dim, Tensor out) {
    return Writing.stored("logSoftmax", "x", out, () -> x.logSoftmax(dim), x);
  }

  /** Writes the sum over the dimensions of the elements that are no NaN to {@code out}. */
  public static Tensor nansum(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("nansum", "x", out, () -> x.nansum(dims), x);
  }

  /** Writes the mean over the dimensions of the elements that are no NaN to {@code out}. */
  public static Tensor nanmean(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("nanmean", "x", out, () -> x.nanmean(dims), x);
  }

  /** Writes {@code log(sum(exp(x)))} over the dimensions to {@code out}. */
  public static Tensor logsumexp(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("logsumexp", "x", out, () -> x.logsumexp(dims), x);
  }

  /** Writes the variance over the dimensions to {@code out}. */
  public static Tensor var(Tensor x, Correction correction, int[] dims, Tensor out) {
    given("var", "correction", correction);
    return Writing.stored("var", "x", out, () -> x.var(correction, dims), x);
  }

  /** Writes the standard deviation over the dimensions to {@code out}. */
  public static Tensor std(Tensor x, Correction correction, int[] dims, Tensor out) {
    given("std", "correction", correction);
    return Writing.stored("std", "x", out, () -> x.std(correction, dims), x);
  }

  /** Writes the norm of order p over the dimensions to {@code out}. */
  public static Tensor norm(Tensor x, double p, int[] dims, Tensor out) {
    return Writing.stored("norm", "x", out, () -> x.norm(p, dims), x);
  }

  /**
   * Writes x with the slices along a dimension shortened, as {@link Norms#renorm}, to {@code out}.
   */
  public static Tensor renorm(Tensor x, double p, int dim, double most, Tensor out) {
    return Writing.stored("renorm", "x", out, () -> x.renorm(p, dim, most), x);
  }

  /**
   * In what sums and products are reckoned: as in PyTorch the dtype of what they are written to,
   * where it can hold the elements; else their own, which the check of the result refuses.
   */
  static DType reckoned(Tensor x, Tensor out) {
    return out.dtype() != DType.BOOL && Promotion.storable(x.dtype(), out.dtype())
        ? out.dtype()
        : x.dtype().isFloating() ? x.dtype() : DType.INT64;
  }

  // ---- two results

  /** Writes the greatest elements along a dimension, and where they are, to two tensors. */
  public static Located max(Tensor x, int dim, Located out) {
    return located("max", x, out, () -> x.max(dim));
  }

  /** Writes the least elements along a dimension, and where they are, to two tensors. */
  public static Located min(Tensor x, int dim, Located out) {
    return located("min", x, out, () -> x.min(dim));
  }

  /** Writes the least and the greatest elements along a dimension to two tensors. */
  public static Range aminmax(Tensor x, int dim, Range out) {
    Writing.stored(
        "aminmax",
        List.of(given("aminmax", "out", out).min(), out.max()),
        () -> {
          Range found = x.aminmax(dim);
          return List.of(found.min(), found.max());
        },
        x);
    return out;
  }

  /** Writes what was located, and where it is. */
  static Located located(String name, Tensor x, Located out, Supplier<Located> result) {
    Writing.stored(
        name,
        List.of(given(name, "out", out).values(), out.indices()),
        () -> {
          Located found = result.get();
          return List.of(found.values(), found.indices());
        },
        x);
    return out;
  }
}
