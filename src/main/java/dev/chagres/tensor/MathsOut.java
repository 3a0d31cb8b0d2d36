package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.UnaryOp;
import java.util.List;

/** The functions of {@link Out}. */
abstract sealed class MathsOut permits PointwiseOut {
  MathsOut() {}

  /** Writes {@code -x} to {@code out}. */
  public static Tensor neg(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.NEG, x, out);
  }

  /** Writes the absolute value to {@code out}. */
  public static Tensor abs(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ABS, x, out);
  }

  /** Writes -1, 0 or 1 by the sign to {@code out}. */
  public static Tensor sign(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.SIGN, x, out);
  }

  /** Writes {@code x * x} to {@code out}. */
  public static Tensor square(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.SQUARE, x, out);
  }

  /** Writes {@code 1 / x} to {@code out}. */
  public static Tensor reciprocal(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.RECIPROCAL, x, out);
  }

  /** Writes the square root to {@code out}. */
  public static Tensor sqrt(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.SQRT, x, out);
  }

  /** Writes {@code 1 / sqrt(x)} to {@code out}. */
  public static Tensor rsqrt(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.RSQRT, x, out);
  }

  /** Writes e to the power of x to {@code out}. */
  public static Tensor exp(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.EXP, x, out);
  }

  /** Writes the natural logarithm to {@code out}. */
  public static Tensor log(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.LOG, x, out);
  }

  /** Writes the sine of x in radians to {@code out}. */
  public static Tensor sin(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.SIN, x, out);
  }

  /** Writes the cosine of x in radians to {@code out}. */
  public static Tensor cos(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.COS, x, out);
  }

  /** Writes the tangent of x in radians to {@code out}. */
  public static Tensor tan(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.TAN, x, out);
  }

  /** Writes the hyperbolic tangent to {@code out}. */
  public static Tensor tanh(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.TANH, x, out);
  }

  /** Writes {@code 1 / (1 + exp(-x))} to {@code out}. */
  public static Tensor sigmoid(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.SIGMOID, x, out);
  }

  /** Writes {@code max(x, 0)} to {@code out}. */
  public static Tensor relu(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.RELU, x, out);
  }

  /** Writes the error function to {@code out}. */
  public static Tensor erf(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ERF, x, out);
  }

  /** Writes the greatest integer that is not above x to {@code out}. */
  public static Tensor floor(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.FLOOR, x, out);
  }

  /** Writes the least integer that is not below x to {@code out}. */
  public static Tensor ceil(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.CEIL, x, out);
  }

  /** Writes the nearest integer, halves to the even one, to {@code out}. */
  public static Tensor round(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ROUND, x, out);
  }

  /** Writes x without its fraction to {@code out}. */
  public static Tensor trunc(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.TRUNC, x, out);
  }

  /** Writes the complement of every bit, of a bool the opposite, to {@code out}. */
  public static Tensor bitwiseNot(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.BITWISE_NOT, x, out);
  }

  /** Writes 2 to the power of x to {@code out}. */
  public static Tensor exp2(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.EXP2, x, out);
  }

  /** Writes {@code exp(x) - 1} to {@code out}. */
  public static Tensor expm1(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.EXPM1, x, out);
  }

  /** Writes the logarithm to base 2 to {@code out}. */
  public static Tensor log2(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.LOG2, x, out);
  }

  /** Writes the logarithm to base 10 to {@code out}. */
  public static Tensor log10(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.LOG10, x, out);
  }

  /** Writes {@code log(1 + x)} to {@code out}. */
  public static Tensor log1p(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.LOG1P, x, out);
  }

  /** Writes the angle, in radians, whose sine is x to {@code out}. */
  public static Tensor asin(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ASIN, x, out);
  }

  /** Writes the angle, in radians, whose cosine is x to {@code out}. */
  public static Tensor acos(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ACOS, x, out);
  }

  /** Writes the angle, in radians, whose tangent is x to {@code out}. */
  public static Tensor atan(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ATAN, x, out);
  }

  /** Writes the hyperbolic sine to {@code out}. */
  public static Tensor sinh(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.SINH, x, out);
  }

  /** Writes the hyperbolic cosine to {@code out}. */
  public static Tensor cosh(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.COSH, x, out);
  }

  /** Writes the inverse of the hyperbolic sine to {@code out}. */
  public static Tensor asinh(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ASINH, x, out);
  }

  /** Writes the inverse of the hyperbolic cosine to {@code out}. */
  public static Tensor acosh(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ACOSH, x, out);
  }

  /** Writes the inverse of the hyperbolic tangent to {@code out}. */
  public static Tensor atanh(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ATANH, x, out);
  }

  /** Writes {@code 1 - erf(x)} to {@code out}. */
  public static Tensor erfc(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ERFC, x, out);
  }

  /** Writes the inverse of erf; infinite at -1 and 1, NaN outside to {@code out}. */
  public static Tensor erfinv(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ERFINV, x, out);
  }

  /** Writes the natural logarithm of the absolute value of the gamma function to {@code out}. */
  public static Tensor lgamma(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.LGAMMA, x, out);
  }

  /** Writes the derivative of lgamma; NaN at the negative integers to {@code out}. */
  public static Tensor digamma(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.DIGAMMA, x, out);
  }

  /**
   * Writes what x has beyond its integer part, with the sign of x; not for integers to {@code out}.
   */
  public static Tensor frac(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.FRAC, x, out);
  }

  /**
   * Writes -1, 0 or 1 by the sign: sign, whose other name is for complex numbers in PyTorch to
   * {@code out}.
   */
  public static Tensor sgn(Tensor x, Tensor out) {
    return Writing.stored("sgn", "x", out, () -> x.sgn(), x);
  }

  /**
   * Writes pi where x is negative and 0 where it is not, as floating numbers; a NaN stays to {@code
   * out}.
   */
  public static Tensor angle(Tensor x, Tensor out) {
    return Writing.stored("angle", "x", out, () -> x.angle(), x);
  }

  /** Writes x, an angle in degrees, in radians to {@code out}. */
  public static Tensor deg2rad(Tensor x, Tensor out) {
    return Writing.stored("deg2rad", "x", out, () -> x.deg2rad(), x);
  }

  /** Writes x, an angle in radians, in degrees to {@code out}. */
  public static Tensor rad2deg(Tensor x, Tensor out) {
    return Writing.stored("rad2deg", "x", out, () -> x.rad2deg(), x);
  }

  /** Writes {@code sin(pi x) / (pi x)}, and 1 at 0 to {@code out}. */
  public static Tensor sinc(Tensor x, Tensor out) {
    return Writing.stored("sinc", "x", out, () -> x.sinc(), x);
  }

  /** Writes the n-th derivative of digamma, which is that for an n of 0 to {@code out}. */
  public static Tensor polygamma(Tensor x, int n, Tensor out) {
    return Writing.stored("polygamma", "x", out, () -> x.polygamma(n), x);
  }

  /**
   * Writes the logarithm of the multivariate gamma function of dimension p, the sum of {@code
   * lgamma(x - j / 2)} over the j below p and {@code p (p - 1) / 4 log(pi)} to {@code out}.
   */
  public static Tensor mvlgamma(Tensor x, int p, Tensor out) {
    return Writing.stored("mvlgamma", "x", out, () -> x.mvlgamma(p), x);
  }

  /**
   * Writes x rounded to so many decimals, or to powers of ten where that is negative; halves go to
   * the even digit; not for integers to {@code out}.
   */
  public static Tensor round(Tensor x, int decimals, Tensor out) {
    return Writing.stored("round", "x", out, () -> x.round(decimals), x);
  }

  /**
   * Writes {@code log(x / (1 - x))} of x moved into {@code [eps, 1 - eps]}, outside of which the
   * gradient is 0; a NaN stays to {@code out}.
   */
  public static Tensor logit(Tensor x, double eps, Tensor out) {
    return Writing.stored("logit", "x", out, () -> x.logit(eps), x);
  }

  /**
   * Writes x with 0 for a NaN, and the greatest and least finite numbers for infinities to {@code
   * out}.
   */
  public static Tensor nanToNum(Tensor x, Tensor out) {
    return Writing.stored("nanToNum", "x", out, () -> x.nanToNum(), x);
  }

  /**
   * Writes x with this number for a NaN, and the greatest and least finite numbers for infinities
   * to {@code out}.
   */
  public static Tensor nanToNum(Tensor x, double nan, Tensor out) {
    return Writing.stored("nanToNum", "x", out, () -> x.nanToNum(nan), x);
  }

  /** Writes x with these numbers for a NaN, for infinity and for minus infinity to {@code out}. */
  public static Tensor nanToNum(Tensor x, double nan, double posinf, double neginf, Tensor out) {
    return Writing.stored("nanToNum", "x", out, () -> x.nanToNum(nan, posinf, neginf), x);
  }

  /** Writes {@code 1 / (1 + exp(-x))}'s inverse, {@code log(x / (1 - x))}, to {@code out}. */
  public static Tensor logit(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.LOGIT, x, out);
  }

  /** Writes the parts of x to {@code mantissa} and, int32, to {@code exponent}. */
  public static Frexp frexp(Tensor x, Tensor mantissa, Tensor exponent) {
    given("frexp", "mantissa", mantissa);
    given("frexp", "exponent", exponent);
    Writing.stored(
        "frexp",
        List.of(mantissa, exponent),
        () -> {
          Frexp parts = x.frexp();
          return List.of(parts.mantissa(), parts.exponent());
        },
        x);
    return new Frexp(mantissa, exponent);
  }

  // ---- those of Special

  /** Writes {@code -x log(x)}, as {@link Special#entr}, to {@code out}. */
  public static Tensor entr(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ENTR, x, out);
  }

  /** Writes {@code exp(x^2) erfc(x)} to {@code out}. */
  public static Tensor erfcx(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ERFCX, x, out);
  }

  /** Writes the normal distribution function to {@code out}. */
  public static Tensor ndtr(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.NDTR, x, out);
  }

  /** Writes the inverse of {@link #ndtr} to {@code out}. */
  public static Tensor ndtri(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.NDTRI, x, out);
  }

  /** Writes the logarithm of {@link #ndtr} to {@code out}. */
  public static Tensor logNdtr(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.LOG_NDTR, x, out);
  }
}
