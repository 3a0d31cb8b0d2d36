package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.BinaryOp;

/** The functions of two and more operands, of {@link Out}. */
abstract sealed class PointwiseOut extends MathsOut permits ComparisonsOut {
  PointwiseOut() {}

  /** Writes {@code x + y} to {@code out}. */
  public static Tensor add(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.ADD, x, y, out);
  }

  /** Writes {@code x + y} to {@code out}. */
  public static Tensor add(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.ADD, x, y, out);
  }

  /** Writes {@code x - y} to {@code out}. */
  public static Tensor sub(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.SUB, x, y, out);
  }

  /** Writes {@code x - y} to {@code out}. */
  public static Tensor sub(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.SUB, x, y, out);
  }

  /** Writes {@code x * y} to {@code out}. */
  public static Tensor mul(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.MUL, x, y, out);
  }

  /** Writes {@code x * y} to {@code out}. */
  public static Tensor mul(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.MUL, x, y, out);
  }

  /** Writes {@code x / y} to {@code out}. */
  public static Tensor div(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.DIV, x, y, out);
  }

  /** Writes {@code x / y} to {@code out}. */
  public static Tensor div(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.DIV, x, y, out);
  }

  /** Writes the greatest integer that is not above x / y to {@code out}. */
  public static Tensor floorDivide(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.FLOOR_DIVIDE, x, y, out);
  }

  /** Writes the greatest integer that is not above x / y to {@code out}. */
  public static Tensor floorDivide(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.FLOOR_DIVIDE, x, y, out);
  }

  /** Writes x / y without its fraction to {@code out}. */
  public static Tensor truncDivide(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.TRUNC_DIVIDE, x, y, out);
  }

  /** Writes x / y without its fraction to {@code out}. */
  public static Tensor truncDivide(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.TRUNC_DIVIDE, x, y, out);
  }

  /** Writes the remainder of x / y with the sign of y to {@code out}. */
  public static Tensor remainder(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.REMAINDER, x, y, out);
  }

  /** Writes the remainder of x / y with the sign of y to {@code out}. */
  public static Tensor remainder(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.REMAINDER, x, y, out);
  }

  /** Writes the remainder of x / y with the sign of x to {@code out}. */
  public static Tensor fmod(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.FMOD, x, y, out);
  }

  /** Writes the remainder of x / y with the sign of x to {@code out}. */
  public static Tensor fmod(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.FMOD, x, y, out);
  }

  /** Writes x to the power of y to {@code out}. */
  public static Tensor pow(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.POW, x, y, out);
  }

  /** Writes x to the power of y to {@code out}. */
  public static Tensor pow(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.POW, x, y, out);
  }

  /** Writes the greater of x and y to {@code out}. */
  public static Tensor maximum(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.MAXIMUM, x, y, out);
  }

  /** Writes the greater of x and y to {@code out}. */
  public static Tensor maximum(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.MAXIMUM, x, y, out);
  }

  /** Writes the lesser of x and y to {@code out}. */
  public static Tensor minimum(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.MINIMUM, x, y, out);
  }

  /** Writes the lesser of x and y to {@code out}. */
  public static Tensor minimum(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.MINIMUM, x, y, out);
  }

  /** Writes the angle, in radians, of the point (y, x) to {@code out}. */
  public static Tensor atan2(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.ATAN2, x, y, out);
  }

  /** Writes the magnitude of x with the sign of y to {@code out}. */
  public static Tensor copysign(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.COPYSIGN, x, y, out);
  }

  /** Writes the magnitude of x with the sign of y to {@code out}. */
  public static Tensor copysign(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.COPYSIGN, x, y, out);
  }

  /** Writes the greater of x and y; a NaN loses to {@code out}. */
  public static Tensor fmax(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.FMAX, x, y, out);
  }

  /** Writes the lesser of x and y; a NaN loses to {@code out}. */
  public static Tensor fmin(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.FMIN, x, y, out);
  }

  /**
   * Writes {@code sqrt(x^2 + y^2)}, without overflow on the way; not for integers to {@code out}.
   */
  public static Tensor hypot(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.HYPOT, x, y, out);
  }

  /**
   * Writes the number next to x in the direction of y, in their dtype; not for integers to {@code
   * out}.
   */
  public static Tensor nextafter(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.NEXTAFTER, x, y, out);
  }

  /**
   * Writes {@code log(exp(x) + exp(y))}, without overflow on the way; not for integers to {@code
   * out}.
   */
  public static Tensor logaddexp(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.LOGADDEXP, x, y, out);
  }

  /**
   * Writes {@code log2(2^x + 2^y)}, without overflow on the way; not for integers to {@code out}.
   */
  public static Tensor logaddexp2(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.LOGADDEXP2, x, y, out);
  }

  /** Writes {@code x log(y)}, and 0 where x is 0 and y no NaN to {@code out}. */
  public static Tensor xlogy(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.XLOGY, x, y, out);
  }

  /** Writes {@code x log(y)}, and 0 where x is 0 and y no NaN to {@code out}. */
  public static Tensor xlogy(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.XLOGY, x, y, out);
  }

  /**
   * Writes the regularized lower incomplete gamma function, {@code 1 / gamma(x)} times the integral
   * of {@code t^(x-1) exp(-t)} from 0 to y; not for integers to {@code out}.
   */
  public static Tensor igamma(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.IGAMMA, x, y, out);
  }

  /** Writes {@code 1 - igamma(x, y)}, exact for small values; not for integers to {@code out}. */
  public static Tensor igammac(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.IGAMMAC, x, y, out);
  }

  /** Writes the greatest common divisor of integers to {@code out}. */
  public static Tensor gcd(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.GCD, x, y, out);
  }

  /** Writes the least common multiple of integers to {@code out}. */
  public static Tensor lcm(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.LCM, x, y, out);
  }

  /** Writes 0 where x is negative or a NaN, 1 where it is positive, and y where it is 0. */
  public static Tensor heaviside(Tensor x, Tensor y, Tensor out) {
    given("heaviside", "x", x);
    given("heaviside", "y", y);
    given("heaviside", "out", out);
    return Elementwise.binaryOut(BinaryOp.HEAVISIDE, x, Compositions.alike("heaviside", x, y), out);
  }

  /** Writes {@code x * 2^y} to {@code out}. */
  public static Tensor ldexp(Tensor x, Tensor y, Tensor out) {
    return Writing.stored("ldexp", "x y", out, () -> x.ldexp(y), x, y);
  }

  /** Writes x to the power of y, computed in float64, to {@code out}. */
  public static Tensor floatPower(Tensor x, Tensor y, Tensor out) {
    return Writing.stored("floatPower", "x y", out, () -> x.floatPower(y), x, y);
  }

  /** Writes x to the power of y, computed in float64, to {@code out}. */
  public static Tensor floatPower(Tensor x, Number y, Tensor out) {
    return Writing.stored("floatPower", "x", out, () -> x.floatPower(y), x);
  }

  /** Writes x moved into [min, max] to {@code out}. */
  public static Tensor clamp(Tensor x, Tensor min, Tensor max, Tensor out) {
    return Writing.stored("clamp", "x min max", out, () -> x.clamp(min, max), x, min, max);
  }

  /** Writes the greater of x and min to {@code out}. */
  public static Tensor clampMin(Tensor x, Tensor min, Tensor out) {
    return Writing.stored("clampMin", "x min", out, () -> x.clampMin(min), x, min);
  }

  /** Writes the lesser of x and max to {@code out}. */
  public static Tensor clampMax(Tensor x, Tensor max, Tensor out) {
    return Writing.stored("clampMax", "x max", out, () -> x.clampMax(max), x, max);
  }

  /** Writes x moved into [min, max] to {@code out}. */
  public static Tensor clamp(Tensor x, Number min, Number max, Tensor out) {
    return Writing.stored("clamp", "x", out, () -> x.clamp(min, max), x);
  }

  /** Writes the greater of x and min to {@code out}. */
  public static Tensor clampMin(Tensor x, Number min, Tensor out) {
    return Writing.stored("clampMin", "x", out, () -> x.clampMin(min), x);
  }

  /** Writes the lesser of x and max to {@code out}. */
  public static Tensor clampMax(Tensor x, Number max, Tensor out) {
    return Writing.stored("clampMax", "x", out, () -> x.clampMax(max), x);
  }

  /** Writes {@code x + weight * (end - x)} to {@code out}. */
  public static Tensor lerp(Tensor x, Tensor end, Tensor weight, Tensor out) {
    return Writing.stored("lerp", "x end weight", out, () -> x.lerp(end, weight), x, end, weight);
  }

  /** Writes {@code x + weight * (end - x)} to {@code out}. */
  public static Tensor lerp(Tensor x, Tensor end, Number weight, Tensor out) {
    return Writing.stored("lerp", "x end", out, () -> x.lerp(end, weight), x, end);
  }

  /** Writes {@code x + value * a * b} to {@code out}. */
  public static Tensor addcmul(Tensor x, Tensor a, Tensor b, Number value, Tensor out) {
    return Writing.stored("addcmul", "x a b", out, () -> x.addcmul(a, b, value), x, a, b);
  }

  /** Writes {@code x + value * a / b} to {@code out}. */
  public static Tensor addcdiv(Tensor x, Tensor a, Tensor b, Number value, Tensor out) {
    return Writing.stored("addcdiv", "x a b", out, () -> x.addcdiv(a, b, value), x, a, b);
  }

  /** Writes {@code x log(1 + y)}, as {@link Special#xlog1py(Tensor, Tensor)}, to {@code out}. */
  public static Tensor xlog1py(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.XLOG1PY, x, y, out);
  }

  /** Writes {@code x log(1 + y)}, as {@link Special#xlog1py(Tensor, Number)}, to {@code out}. */
  public static Tensor xlog1py(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.XLOG1PY, x, y, out);
  }

  /** Writes {@code x + alpha * y} to {@code out}. */
  public static Tensor add(Tensor x, Tensor y, Number alpha, Tensor out) {
    return Writing.stored("add", "x y", out, () -> x.add(y, alpha), x, y);
  }

  /** Writes {@code x - alpha * y} to {@code out}. */
  public static Tensor sub(Tensor x, Tensor y, Number alpha, Tensor out) {
    return Writing.stored("sub", "x y", out, () -> x.sub(y, alpha), x, y);
  }
}
