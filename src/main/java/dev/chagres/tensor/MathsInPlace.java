package dev.chagres.tensor;

import dev.chagres.backend.UnaryOp;

/** Mathematical functions that overwrite this tensor, {@code x}, and return it. */
public sealed interface MathsInPlace permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Replaces x by {@code -x}. */
  default Tensor neg_() {
    return Elementwise.unaryInPlace(UnaryOp.NEG, self());
  }

  /** Replaces x by the absolute value. */
  default Tensor abs_() {
    return Elementwise.unaryInPlace(UnaryOp.ABS, self());
  }

  /** Replaces x by -1, 0 or 1 by the sign. */
  default Tensor sign_() {
    return Elementwise.unaryInPlace(UnaryOp.SIGN, self());
  }

  /** Replaces x by {@code x * x}. */
  default Tensor square_() {
    return Elementwise.unaryInPlace(UnaryOp.SQUARE, self());
  }

  /** Replaces x by {@code 1 / x}. */
  default Tensor reciprocal_() {
    return Elementwise.unaryInPlace(UnaryOp.RECIPROCAL, self());
  }

  /** Replaces x by the square root. */
  default Tensor sqrt_() {
    return Elementwise.unaryInPlace(UnaryOp.SQRT, self());
  }

  /** Replaces x by {@code 1 / sqrt(x)}. */
  default Tensor rsqrt_() {
    return Elementwise.unaryInPlace(UnaryOp.RSQRT, self());
  }

  /** Replaces x by e to the power of x. */
  default Tensor exp_() {
    return Elementwise.unaryInPlace(UnaryOp.EXP, self());
  }

  /** Replaces x by 2 to the power of x. */
  default Tensor exp2_() {
    return Elementwise.unaryInPlace(UnaryOp.EXP2, self());
  }

  /** Replaces x by {@code exp(x) - 1}, exact for small x. */
  default Tensor expm1_() {
    return Elementwise.unaryInPlace(UnaryOp.EXPM1, self());
  }

  /** Replaces x by the natural logarithm. */
  default Tensor log_() {
    return Elementwise.unaryInPlace(UnaryOp.LOG, self());
  }

  /** Replaces x by the logarithm to base 2. */
  default Tensor log2_() {
    return Elementwise.unaryInPlace(UnaryOp.LOG2, self());
  }

  /** Replaces x by the logarithm to base 10. */
  default Tensor log10_() {
    return Elementwise.unaryInPlace(UnaryOp.LOG10, self());
  }

  /** Replaces x by {@code log(1 + x)}, exact for small x. */
  default Tensor log1p_() {
    return Elementwise.unaryInPlace(UnaryOp.LOG1P, self());
  }

  /** Replaces x by the sine of x in radians. */
  default Tensor sin_() {
    return Elementwise.unaryInPlace(UnaryOp.SIN, self());
  }

  /** Replaces x by the cosine of x in radians. */
  default Tensor cos_() {
    return Elementwise.unaryInPlace(UnaryOp.COS, self());
  }

  /** Replaces x by the tangent of x in radians. */
  default Tensor tan_() {
    return Elementwise.unaryInPlace(UnaryOp.TAN, self());
  }

  /** Replaces x by the angle, in radians, whose sine is x. */
  default Tensor asin_() {
    return Elementwise.unaryInPlace(UnaryOp.ASIN, self());
  }

  /** Replaces x by the angle, in radians, whose cosine is x. */
  default Tensor acos_() {
    return Elementwise.unaryInPlace(UnaryOp.ACOS, self());
  }

  /** Replaces x by the angle, in radians, whose tangent is x. */
  default Tensor atan_() {
    return Elementwise.unaryInPlace(UnaryOp.ATAN, self());
  }

  /** Replaces x by the hyperbolic sine. */
  default Tensor sinh_() {
    return Elementwise.unaryInPlace(UnaryOp.SINH, self());
  }

  /** Replaces x by the hyperbolic cosine. */
  default Tensor cosh_() {
    return Elementwise.unaryInPlace(UnaryOp.COSH, self());
  }

  /** Replaces x by the hyperbolic tangent. */
  default Tensor tanh_() {
    return Elementwise.unaryInPlace(UnaryOp.TANH, self());
  }

  /** Replaces x by the inverse of the hyperbolic sine. */
  default Tensor asinh_() {
    return Elementwise.unaryInPlace(UnaryOp.ASINH, self());
  }

  /** Replaces x by the inverse of the hyperbolic cosine; NaN below 1. */
  default Tensor acosh_() {
    return Elementwise.unaryInPlace(UnaryOp.ACOSH, self());
  }

  /** Replaces x by the inverse of the hyperbolic tangent; NaN outside [-1, 1]. */
  default Tensor atanh_() {
    return Elementwise.unaryInPlace(UnaryOp.ATANH, self());
  }

  /**
   * Replaces x by the error function, {@code 2 / sqrt(pi)} times the integral of {@code exp(-t^2)}
   * from 0 to x.
   */
  default Tensor erf_() {
    return Elementwise.unaryInPlace(UnaryOp.ERF, self());
  }

  /** Replaces x by {@code 1 - erf(x)}, exact for large x. */
  default Tensor erfc_() {
    return Elementwise.unaryInPlace(UnaryOp.ERFC, self());
  }

  /** Replaces x by {@code 1 / (1 + exp(-x))}. */
  default Tensor sigmoid_() {
    return Elementwise.unaryInPlace(UnaryOp.SIGMOID, self());
  }

  /** Replaces x by {@code max(x, 0)}; a NaN stays. */
  default Tensor relu_() {
    return Elementwise.unaryInPlace(UnaryOp.RELU, self());
  }

  /** Replaces x by the greatest integer that is not above x. */
  default Tensor floor_() {
    return Elementwise.unaryInPlace(UnaryOp.FLOOR, self());
  }

  /** Replaces x by the least integer that is not below x. */
  default Tensor ceil_() {
    return Elementwise.unaryInPlace(UnaryOp.CEIL, self());
  }

  /** Replaces x by the nearest integer; halves go to the even one. */
  default Tensor round_() {
    return Elementwise.unaryInPlace(UnaryOp.ROUND, self());
  }

  /** Replaces x by x without its fraction. */
  default Tensor trunc_() {
    return Elementwise.unaryInPlace(UnaryOp.TRUNC, self());
  }

  /** Replaces x by the complement of every bit; of a bool the opposite. */
  default Tensor bitwiseNot_() {
    return Elementwise.unaryInPlace(UnaryOp.BITWISE_NOT, self());
  }

  /** Replaces x by whether x is zero. */
  default Tensor logicalNot_() {
    return Elementwise.unaryInPlace(UnaryOp.LOGICAL_NOT, self());
  }

  /** Replaces x by the inverse of {@link Maths#erf}; infinite at -1 and 1, NaN outside. */
  default Tensor erfinv_() {
    return Elementwise.unaryInPlace(UnaryOp.ERFINV, self());
  }

  /** Replaces x by the natural logarithm of the absolute value of the gamma function. */
  default Tensor lgamma_() {
    return Elementwise.unaryInPlace(UnaryOp.LGAMMA, self());
  }

  /** Replaces x by the derivative of {@link Maths#lgamma}; NaN at the negative integers. */
  default Tensor digamma_() {
    return Elementwise.unaryInPlace(UnaryOp.DIGAMMA, self());
  }

  /** Replaces x by what x has beyond its integer part, with the sign of x; not for integers. */
  default Tensor frac_() {
    return Elementwise.unaryInPlace(UnaryOp.FRAC, self());
  }

  /**
   * Replaces x by -1, 0 or 1 by the sign: {@link Maths#sign}, whose other name is for complex
   * numbers in PyTorch.
   */
  default Tensor sgn_() {
    return Copying.replaced("sgn_", self(), x -> x.sgn());
  }

  /** Replaces x by x, an angle in degrees, in radians. */
  default Tensor deg2rad_() {
    return Copying.replaced("deg2rad_", self(), x -> x.deg2rad());
  }

  /** Replaces x by x, an angle in radians, in degrees. */
  default Tensor rad2deg_() {
    return Copying.replaced("rad2deg_", self(), x -> x.rad2deg());
  }

  /** Replaces x by {@code sin(pi x) / (pi x)}, and 1 at 0. */
  default Tensor sinc_() {
    return Copying.replaced("sinc_", self(), x -> x.sinc());
  }

  /** Replaces x by the n-th derivative of {@link Maths#digamma}, which is that for an n of 0. */
  default Tensor polygamma_(int n) {
    return Copying.replaced("polygamma_", self(), x -> x.polygamma(n));
  }

  /**
   * Replaces x by the logarithm of the multivariate gamma function of dimension p, the sum of
   * {@code lgamma(x - j / 2)} over the j below p and {@code p (p - 1) / 4 log(pi)}.
   */
  default Tensor mvlgamma_(int p) {
    return Copying.replaced("mvlgamma_", self(), x -> x.mvlgamma(p));
  }

  /**
   * Replaces x by x rounded to so many decimals, or to powers of ten where that is negative; halves
   * go to the even digit. Not for integers.
   */
  default Tensor round_(int decimals) {
    return Copying.replaced("round_", self(), x -> x.round(decimals));
  }

  /**
   * Replaces x by {@code log(x / (1 - x))} of x moved into {@code [eps, 1 - eps]}, outside of which
   * the gradient is 0; a NaN stays.
   */
  default Tensor logit_(double eps) {
    return Copying.replaced("logit_", self(), x -> x.logit(eps));
  }

  /** Replaces x by x with 0 for a NaN, and the greatest and least finite numbers for infinities. */
  default Tensor nanToNum_() {
    return Copying.replaced("nanToNum_", self(), x -> x.nanToNum());
  }

  /**
   * Replaces x by x with this number for a NaN, and the greatest and least finite numbers for
   * infinities.
   */
  default Tensor nanToNum_(double nan) {
    return Copying.replaced("nanToNum_", self(), x -> x.nanToNum(nan));
  }

  /** Replaces x by x with these numbers for a NaN, for infinity and for minus infinity. */
  default Tensor nanToNum_(double nan, double posinf, double neginf) {
    return Copying.replaced("nanToNum_", self(), x -> x.nanToNum(nan, posinf, neginf));
  }

  /** Replaces x by {@code log(x / (1 - x))}; NaN outside [0, 1]. */
  default Tensor logit_() {
    return Elementwise.unaryInPlace(UnaryOp.LOGIT, self());
  }
}
