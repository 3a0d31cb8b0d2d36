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

  /**
   * Returns the variance over the dimensions (none: all), with Bessel's correction (the sum of
   * squares divided by n - 1).
   */
  default Tensor var(int... dims) {
    return var(Keep.DROPDIM, 1, dims);
  }

  /**
   * Returns the variance over the dimensions, the sum of squares divided by {@code n - correction},
   * or by 0 if that is negative.
   */
  default Tensor var(Keep keep, double correction, int... dims) {
    return Spread.var(self(), given("var", "dims", dims), correction, given("var", "keep", keep));
  }

  /** Returns the standard deviation over the dimensions, with Bessel's correction. */
  default Tensor std(int... dims) {
    return std(Keep.DROPDIM, 1, dims);
  }

  /**
   * Returns the standard deviation over the dimensions, the root of the sum of squares divided by
   * {@code n - correction}; the gradient where it is 0 is 0.
   */
  default Tensor std(Keep keep, double correction, int... dims) {
    return Spread.std(self(), given("std", "dims", dims), correction, given("std", "keep", keep));
  }

  /** Returns the variance and the mean over the dimensions, with Bessel's correction. */
  default VarMean varMean(int... dims) {
    return varMean(Keep.DROPDIM, 1, dims);
  }

  /** Returns the variance and the mean over the dimensions. */
  default VarMean varMean(Keep keep, double correction, int... dims) {
    return Spread.varMean(
        self(), given("varMean", "dims", dims), correction, given("varMean", "keep", keep));
  }

  /** Returns the standard deviation and the mean over the dimensions, with Bessel's correction. */
  default StdMean stdMean(int... dims) {
    return stdMean(Keep.DROPDIM, 1, dims);
  }

  /** Returns the standard deviation and the mean over the dimensions. */
  default StdMean stdMean(Keep keep, double correction, int... dims) {
    return Spread.stdMean(
        self(), given("stdMean", "dims", dims), correction, given("stdMean", "keep", keep));
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
