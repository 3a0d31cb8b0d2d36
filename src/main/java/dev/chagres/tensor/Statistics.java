package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import org.jspecify.annotations.Nullable;

/**
 * Variances, standard deviations, covariances. They are reckoned in float64 around the exact mean,
 * so that numbers far from zero lose nothing. Floating dtypes only, but for covariances.
 */
public sealed interface Statistics permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Returns the variance over the dimensions (none: all), with {@link Correction#BESSEL}. */
  default Tensor var(int... dims) {
    return var(Correction.BESSEL, Keep.DROPDIM, dims);
  }

  /** Returns the variance over the dimensions, with {@link Correction#BESSEL}. */
  default Tensor var(Keep keep, int... dims) {
    return var(Correction.BESSEL, keep, dims);
  }

  /** Returns the variance over the dimensions. */
  default Tensor var(Correction correction, int... dims) {
    return var(correction, Keep.DROPDIM, dims);
  }

  /**
   * Returns the variance over the dimensions: the sum of squares divided by {@code n - correction},
   * or by 0 if that is negative.
   */
  default Tensor var(Correction correction, Keep keep, int... dims) {
    given("var", "correction", correction);
    given("var", "keep", keep);
    return Spread.var(self(), given("var", "dims", dims), correction.value(), keep);
  }

  /**
   * Returns the standard deviation over the dimensions (none: all), with {@link Correction#BESSEL}.
   */
  default Tensor std(int... dims) {
    return std(Correction.BESSEL, Keep.DROPDIM, dims);
  }

  /** Returns the standard deviation over the dimensions, with {@link Correction#BESSEL}. */
  default Tensor std(Keep keep, int... dims) {
    return std(Correction.BESSEL, keep, dims);
  }

  /** Returns the standard deviation over the dimensions. */
  default Tensor std(Correction correction, int... dims) {
    return std(correction, Keep.DROPDIM, dims);
  }

  /**
   * Returns the standard deviation over the dimensions: the root of the sum of squares divided by
   * {@code n - correction}, or by 0 if that is negative; the gradient where it is 0 is 0.
   */
  default Tensor std(Correction correction, Keep keep, int... dims) {
    given("std", "correction", correction);
    given("std", "keep", keep);
    return Spread.std(self(), given("std", "dims", dims), correction.value(), keep);
  }

  /**
   * Returns the variance and the mean over the dimensions (none: all), with {@link
   * Correction#BESSEL}.
   */
  default VarMean varMean(int... dims) {
    return varMean(Correction.BESSEL, Keep.DROPDIM, dims);
  }

  /** Returns the variance and the mean over the dimensions, with {@link Correction#BESSEL}. */
  default VarMean varMean(Keep keep, int... dims) {
    return varMean(Correction.BESSEL, keep, dims);
  }

  /** Returns the variance and the mean over the dimensions. */
  default VarMean varMean(Correction correction, int... dims) {
    return varMean(correction, Keep.DROPDIM, dims);
  }

  /**
   * Returns the variance and the mean over the dimensions: the sum of squares divided by {@code n -
   * correction}, or by 0 if that is negative.
   */
  default VarMean varMean(Correction correction, Keep keep, int... dims) {
    given("varMean", "correction", correction);
    given("varMean", "keep", keep);
    return Spread.varMean(self(), given("varMean", "dims", dims), correction.value(), keep);
  }

  /**
   * Returns the standard deviation and the mean over the dimensions (none: all), with {@link
   * Correction#BESSEL}.
   */
  default StdMean stdMean(int... dims) {
    return stdMean(Correction.BESSEL, Keep.DROPDIM, dims);
  }

  /**
   * Returns the standard deviation and the mean over the dimensions, with {@link
   * Correction#BESSEL}.
   */
  default StdMean stdMean(Keep keep, int... dims) {
    return stdMean(Correction.BESSEL, keep, dims);
  }

  /** Returns the standard deviation and the mean over the dimensions. */
  default StdMean stdMean(Correction correction, int... dims) {
    return stdMean(correction, Keep.DROPDIM, dims);
  }

  /**
   * Returns the standard deviation and the mean over the dimensions: the root of the sum of squares
   * divided by {@code n - correction}, or by 0 if that is negative; the gradient where it is 0 is
   * 0.
   */
  default StdMean stdMean(Correction correction, Keep keep, int... dims) {
    given("stdMean", "correction", correction);
    given("stdMean", "keep", keep);
    return Spread.stdMean(self(), given("stdMean", "dims", dims), correction.value(), keep);
  }

  /**
   * Returns the covariances (n, n) of the n rows of a matrix, whose columns are observations, with
   * Bessel's correction; of a vector the variance, 0-d.
   */
  default Tensor cov() {
    return cov(1);
  }

  /** Returns the covariances of the rows, divided by the observations less a correction. */
  default Tensor cov(long correction) {
    return cov(correction, null, null);
  }

  /**
   * Returns the covariances of the rows, each observation counted {@code frequencies} times (an
   * integer vector) and weighted by {@code weights} (a floating vector); neither may be negative.
   */
  default Tensor cov(long correction, @Nullable Tensor frequencies, @Nullable Tensor weights) {
    return Covariance.cov(self(), correction, frequencies, weights);
  }

  /** Returns the correlation coefficients (n, n) of the n rows of a matrix; of a vector 1, 0-d. */
  default Tensor corrcoef() {
    return Covariance.corrcoef(self());
  }
}
