package dev.chagres.tensor;

import static dev.chagres.check.Named.named;

import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;

/** Mathematical functions of one operand, element by element. {@code x} is this tensor. */
public sealed interface Maths permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Returns this tensor itself, {@code +x}, which is not defined for bool. */
  default Tensor positive() {
    if (self().dtype() == DType.BOOL) {
      throw new IllegalArgumentException("positive: not defined for bool");
    }
    return self();
  }

  /** Returns {@code -x}. */
  default Tensor neg() {
    return Elementwise.unary(UnaryOp.NEG, self());
  }

  /** Returns the absolute value. */
  default Tensor abs() {
    return Elementwise.unary(UnaryOp.ABS, self());
  }

  /** Returns -1, 0 or 1 by the sign. */
  default Tensor sign() {
    return Elementwise.unary(UnaryOp.SIGN, self());
  }

  /** Returns {@code x * x}. */
  default Tensor square() {
    return Elementwise.unary(UnaryOp.SQUARE, self());
  }

  /** Returns {@code 1 / x}. */
  default Tensor reciprocal() {
    return Elementwise.unary(UnaryOp.RECIPROCAL, self());
  }

  /** Returns the square root. */
  default Tensor sqrt() {
    return Elementwise.unary(UnaryOp.SQRT, self());
  }

  /** Returns {@code 1 / sqrt(x)}. */
  default Tensor rsqrt() {
    return Elementwise.unary(UnaryOp.RSQRT, self());
  }

  /** Returns e to the power of x. */
  default Tensor exp() {
    return Elementwise.unary(UnaryOp.EXP, self());
  }

  /** Returns 2 to the power of x. */
  default Tensor exp2() {
    return Elementwise.unary(UnaryOp.EXP2, self());
  }

  /** Returns {@code exp(x) - 1}, exact for small x. */
  default Tensor expm1() {
    return Elementwise.unary(UnaryOp.EXPM1, self());
  }

  /** Returns the natural logarithm. */
  default Tensor log() {
    return Elementwise.unary(UnaryOp.LOG, self());
  }

  /** Returns the logarithm to base 2. */
  default Tensor log2() {
    return Elementwise.unary(UnaryOp.LOG2, self());
  }

  /** Returns the logarithm to base 10. */
  default Tensor log10() {
    return Elementwise.unary(UnaryOp.LOG10, self());
  }

  /** Returns {@code log(1 + x)}, exact for small x. */
  default Tensor log1p() {
    return Elementwise.unary(UnaryOp.LOG1P, self());
  }

  /** Returns the sine of x in radians. */
  default Tensor sin() {
    return Elementwise.unary(UnaryOp.SIN, self());
  }

  /** Returns the cosine of x in radians. */
  default Tensor cos() {
    return Elementwise.unary(UnaryOp.COS, self());
  }

  /** Returns the tangent of x in radians. */
  default Tensor tan() {
    return Elementwise.unary(UnaryOp.TAN, self());
  }

  /** Returns the angle, in radians, whose sine is x. */
  default Tensor asin() {
    return Elementwise.unary(UnaryOp.ASIN, self());
  }

  /** Returns the angle, in radians, whose cosine is x. */
  default Tensor acos() {
    return Elementwise.unary(UnaryOp.ACOS, self());
  }

  /** Returns the angle, in radians, whose tangent is x. */
  default Tensor atan() {
    return Elementwise.unary(UnaryOp.ATAN, self());
  }

  /** Returns the hyperbolic sine. */
  default Tensor sinh() {
    return Elementwise.unary(UnaryOp.SINH, self());
  }

  /** Returns the hyperbolic cosine. */
  default Tensor cosh() {
    return Elementwise.unary(UnaryOp.COSH, self());
  }

  /** Returns the hyperbolic tangent. */
  default Tensor tanh() {
    return Elementwise.unary(UnaryOp.TANH, self());
  }

  /** Returns the inverse of the hyperbolic sine. */
  default Tensor asinh() {
    return Elementwise.unary(UnaryOp.ASINH, self());
  }

  /** Returns the inverse of the hyperbolic cosine; NaN below 1. */
  default Tensor acosh() {
    return Elementwise.unary(UnaryOp.ACOSH, self());
  }

  /** Returns the inverse of the hyperbolic tangent; NaN outside [-1, 1]. */
  default Tensor atanh() {
    return Elementwise.unary(UnaryOp.ATANH, self());
  }

  /**
   * Returns the error function, {@code 2 / sqrt(pi)} times the integral of {@code exp(-t^2)} from 0
   * to x.
   */
  default Tensor erf() {
    return Elementwise.unary(UnaryOp.ERF, self());
  }

  /** Returns {@code 1 - erf(x)}, exact for large x. */
  default Tensor erfc() {
    return Elementwise.unary(UnaryOp.ERFC, self());
  }

  /** Returns {@code 1 / (1 + exp(-x))}. */
  default Tensor sigmoid() {
    return Elementwise.unary(UnaryOp.SIGMOID, self());
  }

  /** Returns {@code log(x / (1 - x))}, the inverse of {@link #sigmoid}; NaN outside [0, 1]. */
  default Tensor logit() {
    return Elementwise.unary(UnaryOp.LOGIT, self());
  }

  /** Returns {@code max(x, 0)}; a NaN stays. */
  default Tensor relu() {
    return Elementwise.unary(UnaryOp.RELU, self());
  }

  /** Returns the greatest integer that is not above x. */
  default Tensor floor() {
    return Elementwise.unary(UnaryOp.FLOOR, self());
  }

  /** Returns the least integer that is not below x. */
  default Tensor ceil() {
    return Elementwise.unary(UnaryOp.CEIL, self());
  }

  /** Returns the nearest integer; halves go to the even one. */
  default Tensor round() {
    return Elementwise.unary(UnaryOp.ROUND, self());
  }

  /** Returns x without its fraction. */
  default Tensor trunc() {
    return Elementwise.unary(UnaryOp.TRUNC, self());
  }

  /** Returns the inverse of {@link #erf}; infinite at -1 and 1, NaN outside. */
  default Tensor erfinv() {
    return Elementwise.unary(UnaryOp.ERFINV, self());
  }

  /** Returns the natural logarithm of the absolute value of the gamma function. */
  default Tensor lgamma() {
    return Elementwise.unary(UnaryOp.LGAMMA, self());
  }

  /** Returns the derivative of {@link #lgamma}; NaN at the negative integers. */
  default Tensor digamma() {
    return Elementwise.unary(UnaryOp.DIGAMMA, self());
  }

  /** Returns what x has beyond its integer part, with the sign of x; not for integers. */
  default Tensor frac() {
    return Elementwise.unary(UnaryOp.FRAC, self());
  }

  /**
   * Returns -1, 0 or 1 by the sign: {@link #sign}, whose other name is for complex numbers in
   * PyTorch.
   */
  default Tensor sgn() {
    return Gradients.named("SgnBackward", sign(), self());
  }

  /** Returns pi where x is negative and 0 where it is not, as floating numbers; a NaN stays. */
  default Tensor angle() {
    return Compositions.angle(self());
  }

  /** Returns x, an angle in degrees, in radians. */
  default Tensor deg2rad() {
    return Compositions.deg2rad(self());
  }

  /** Returns x, an angle in radians, in degrees. */
  default Tensor rad2deg() {
    return Compositions.rad2deg(self());
  }

  /** Returns {@code sin(pi x) / (pi x)}, and 1 at 0. */
  default Tensor sinc() {
    return Compositions.sinc(self());
  }

  /** Returns the n-th derivative of {@link #digamma}, which is that for an n of 0. */
  default Tensor polygamma(int n) {
    return Compositions.polygamma(self(), n);
  }

  /**
   * Returns the logarithm of the multivariate gamma function of dimension p, the sum of {@code
   * lgamma(x - j / 2)} over the j below p and {@code p (p - 1) / 4 log(pi)}.
   */
  default Tensor mvlgamma(int p) {
    return Compositions.mvlgamma(self(), p);
  }

  /**
   * Returns x rounded to so many decimals, or to powers of ten where that is negative; halves go to
   * the even digit. Not for integers.
   */
  default Tensor round(int decimals) {
    return Compositions.round(self(), decimals);
  }

  /**
   * Returns {@code log(x / (1 - x))} of x moved into {@code [eps, 1 - eps]}, outside of which the
   * gradient is 0; a NaN stays.
   */
  default Tensor logit(double eps) {
    return Compositions.logit(self(), eps);
  }

  /** Returns x with 0 for a NaN, and the greatest and least finite numbers for infinities. */
  default Tensor nanToNum() {
    return nanToNum(0);
  }

  /**
   * Returns x with this number for a NaN, and the greatest and least finite numbers for infinities.
   */
  default Tensor nanToNum(double nan) {
    return named("nanToNum", () -> Compositions.nanToNum(self(), nan, null, null));
  }

  /** Returns x with these numbers for a NaN, for infinity and for minus infinity. */
  default Tensor nanToNum(double nan, double posinf, double neginf) {
    return named("nanToNum", () -> Compositions.nanToNum(self(), nan, posinf, neginf));
  }

  /** Returns the parts of x: {@code mantissa * 2^exponent}; not for integers. */
  default Frexp frexp() {
    return Compositions.frexp(self());
  }
}
