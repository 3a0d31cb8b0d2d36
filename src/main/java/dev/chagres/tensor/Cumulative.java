package dev.chagres.tensor;

import static dev.chagres.check.Given.given;
import static dev.chagres.check.Named.named;

import dev.chagres.backend.ScanOp;
import dev.chagres.core.DType;
import dev.chagres.primitive.AutocastFunction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What grows along a dimension: sums, products, extremes; and differences between neighbours,
 * derivatives and integrals.
 */
public sealed interface Cumulative permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Returns the sums so far along a dimension; of integers and bools int64. */
  default Tensor cumsum(int dim) {
    return Scans.sum(Autocast.cast(AutocastFunction.CUMSUM, self()), dim, null);
  }

  /** Returns the sums so far along a dimension, of the elements cast to a dtype. */
  default Tensor cumsum(int dim, DType dtype) {
    return Scans.sum(self(), dim, given("cumsum", "dtype", dtype));
  }

  /** Returns the products so far along a dimension; of integers and bools int64. */
  default Tensor cumprod(int dim) {
    return Scans.product(Autocast.cast(AutocastFunction.CUMPROD, self()), dim, null);
  }

  /** Returns the products so far along a dimension, of the elements cast to a dtype. */
  default Tensor cumprod(int dim, DType dtype) {
    return Scans.product(self(), dim, given("cumprod", "dtype", dtype));
  }

  /**
   * Returns the greatest elements so far along a dimension, and where the last of each is; from a
   * NaN on they are NaN.
   */
  default Located cummax(int dim) {
    return Scans.extrema(ScanOp.MAX, self(), dim);
  }

  /**
   * Returns the least elements so far along a dimension, and where the last of each is; from a NaN
   * on they are NaN.
   */
  default Located cummin(int dim) {
    return Scans.extrema(ScanOp.MIN, self(), dim);
  }

  /** Returns {@code log(cumsum(exp(x)))} along a dimension, without overflow. Floating dtypes. */
  default Tensor logcumsumexp(int dim) {
    return Scans.logSumExp(self(), dim);
  }

  // ---- differences and derivatives

  /**
   * Returns the differences of neighbours along the last dimension; of bools whether they differ.
   */
  default Tensor diff() {
    return diff(1, -1);
  }

  /** Returns the n-th differences along a dimension; of bools whether neighbours differ. */
  default Tensor diff(long n, int dim) {
    return diff(n, dim, null, null);
  }

  /**
   * Returns the n-th differences along a dimension, with other elements before and behind it, if
   * any.
   */
  default Tensor diff(long n, int dim, @Nullable Tensor prepend, @Nullable Tensor append) {
    return named("diff", () -> Differences.diff(self(), n, dim, prepend, append));
  }

  /**
   * Returns the derivatives along dimensions (none given: all) of samples one apart: central
   * differences, and one-sided ones at the edges.
   */
  default List<Tensor> gradient(int... dims) {
    return gradient(1, EdgeOrder.FIRST, dims);
  }

  /**
   * Returns the derivatives of samples so far apart; the one-sided differences at the edges are of
   * first or second order.
   */
  default List<Tensor> gradient(double spacing, EdgeOrder edges, int... dims) {
    return named(
        "gradient",
        () ->
            Differences.gradient(
                self(),
                new Differences.Equal(spacing),
                given("gradient", "edges", edges),
                given("gradient", "dims", dims)));
  }

  /** Returns the derivatives of samples with a spacing of its own for each dimension. */
  default List<Tensor> gradient(double[] spacings, EdgeOrder edges, int... dims) {
    return named(
        "gradient",
        () ->
            Differences.gradient(
                self(),
                new Differences.Each(given("gradient", "spacings", spacings).clone()),
                given("gradient", "edges", edges),
                given("gradient", "dims", dims)));
  }

  /** Returns the derivatives of samples at coordinates: a vector for each dimension. */
  default List<Tensor> gradient(List<? extends Tensor> coordinates, EdgeOrder edges, int... dims) {
    given("gradient", "coordinates", coordinates)
        .forEach(vector -> given("gradient", "a coordinate", vector));
    return named(
        "gradient",
        () ->
            Differences.gradient(
                self(),
                new Differences.Coordinates(coordinates),
                given("gradient", "edges", edges),
                given("gradient", "dims", dims)));
  }

  // ---- integrals

  /** Returns the integral along the last dimension of samples one apart, by trapezoids. */
  default Tensor trapezoid() {
    return trapezoid(1, -1);
  }

  /** Returns the integral along a dimension of samples {@code dx} apart, by trapezoids. */
  default Tensor trapezoid(double dx, int dim) {
    return named("trapezoid", () -> Differences.trapezoid(self(), dx, dim));
  }

  /** Returns the integral along the last dimension of samples at coordinates, by trapezoids. */
  default Tensor trapezoid(Tensor x) {
    return trapezoid(x, -1);
  }

  /** Returns the integral along a dimension of samples at coordinates, by trapezoids. */
  default Tensor trapezoid(Tensor x, int dim) {
    return named("trapezoid", () -> Differences.trapezoid(self(), given("trapezoid", "x", x), dim));
  }

  /** Returns the integrals so far along the last dimension of samples one apart. */
  default Tensor cumulativeTrapezoid() {
    return cumulativeTrapezoid(1, -1);
  }

  /** Returns the integrals so far along a dimension of samples {@code dx} apart. */
  default Tensor cumulativeTrapezoid(double dx, int dim) {
    return named("cumulativeTrapezoid", () -> Differences.cumulative(self(), dx, dim));
  }

  /** Returns the integrals so far along the last dimension of samples at coordinates. */
  default Tensor cumulativeTrapezoid(Tensor x) {
    return cumulativeTrapezoid(x, -1);
  }

  /** Returns the integrals so far along a dimension of samples at coordinates. */
  default Tensor cumulativeTrapezoid(Tensor x, int dim) {
    return named(
        "cumulativeTrapezoid",
        () -> Differences.cumulative(self(), given("cumulativeTrapezoid", "x", x), dim));
  }
}
