package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.BinaryOp;

/**
 * Functions of two and more operands, and bits, that overwrite this tensor, {@code x}, and return
 * it.
 */
public sealed interface PointwiseInPlace permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Replaces x by the magnitude of x with the sign of y. */
  default Tensor copysign_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.COPYSIGN, self(), y);
  }

  /** Replaces x by the magnitude of x with the sign of y. */
  default Tensor copysign_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.COPYSIGN, self(), y);
  }

  /** Replaces x by the greater of x and y; a NaN loses. */
  default Tensor fmax_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.FMAX, self(), y);
  }

  /** Replaces x by the lesser of x and y; a NaN loses. */
  default Tensor fmin_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.FMIN, self(), y);
  }

  /** Replaces x by {@code sqrt(x^2 + y^2)}, without overflow on the way; not for integers. */
  default Tensor hypot_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.HYPOT, self(), y);
  }

  /** Replaces x by the number next to x in the direction of y, in their dtype; not for integers. */
  default Tensor nextafter_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.NEXTAFTER, self(), y);
  }

  /** Replaces x by {@code log(exp(x) + exp(y))}, without overflow on the way; not for integers. */
  default Tensor logaddexp_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.LOGADDEXP, self(), y);
  }

  /** Replaces x by {@code log2(2^x + 2^y)}, without overflow on the way; not for integers. */
  default Tensor logaddexp2_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.LOGADDEXP2, self(), y);
  }

  /** Replaces x by {@code x log(y)}, and 0 where x is 0 and y no NaN. */
  default Tensor xlogy_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.XLOGY, self(), y);
  }

  /** Replaces x by {@code x log(y)}, and 0 where x is 0 and y no NaN. */
  default Tensor xlogy_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.XLOGY, self(), y);
  }

  /**
   * Replaces x by the regularized lower incomplete gamma function, {@code 1 / gamma(x)} times the
   * integral of {@code t^(x-1) exp(-t)} from 0 to y; not for integers. There is no gradient with
   * respect to x.
   */
  default Tensor igamma_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.IGAMMA, self(), y);
  }

  /**
   * Replaces x by {@code 1 - igamma(x, y)}, exact for small values; not for integers. There is no
   * gradient with respect to x.
   */
  default Tensor igammac_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.IGAMMAC, self(), y);
  }

  /** Replaces x by the greatest common divisor of integers. */
  default Tensor gcd_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.GCD, self(), y);
  }

  /** Replaces x by the least common multiple of integers. */
  default Tensor lcm_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.LCM, self(), y);
  }

  /**
   * Replaces x by the integer x with its bits moved y places to the left, {@code x * 2^y}; 0 where
   * y is not below the number of bits, or is negative.
   */
  default Tensor bitwiseLeftShift_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_LEFT_SHIFT, self(), y);
  }

  /**
   * Replaces x by the integer x with its bits moved y places to the left, {@code x * 2^y}; 0 where
   * y is not below the number of bits, or is negative.
   */
  default Tensor bitwiseLeftShift_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_LEFT_SHIFT, self(), y);
  }

  /**
   * Replaces x by the integer x with its bits moved y places to the right, {@code x / 2^y} rounded
   * down; only the sign is left where y is not below the number of bits, or is negative.
   */
  default Tensor bitwiseRightShift_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_RIGHT_SHIFT, self(), y);
  }

  /**
   * Replaces x by the integer x with its bits moved y places to the right, {@code x / 2^y} rounded
   * down; only the sign is left where y is not below the number of bits, or is negative.
   */
  default Tensor bitwiseRightShift_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_RIGHT_SHIFT, self(), y);
  }

  /** Replaces x by the bits that both integers or bools have. */
  default Tensor bitwiseAnd_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_AND, self(), y);
  }

  /** Replaces x by the bits that one of the integers or bools has. */
  default Tensor bitwiseOr_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_OR, self(), y);
  }

  /** Replaces x by the bits that exactly one of the integers or bools has. */
  default Tensor bitwiseXor_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_XOR, self(), y);
  }

  /** Replaces x by 0 where it is negative or a NaN, 1 where it is positive, and y where it is 0. */
  default Tensor heaviside_(Tensor y) {
    return Elementwise.binaryInPlace(
        BinaryOp.HEAVISIDE, self(), Compositions.alike("heaviside_", self(), y));
  }

  /** Multiplies by {@code 2^y}. */
  default Tensor ldexp_(Tensor y) {
    given("ldexp_", "y", y);
    return Copying.replaced("ldexp_", self(), x -> x.ldexp(y));
  }

  /** Raises x, which is float64, to the power of y. */
  default Tensor floatPower_(Tensor y) {
    given("floatPower_", "y", y);
    return Compositions.floatPowerInPlace(self(), x -> x.floatPower(y));
  }

  /** Raises x, which is float64, to the power of y. */
  default Tensor floatPower_(Number y) {
    given("floatPower_", "y", y);
    return Compositions.floatPowerInPlace(self(), x -> x.floatPower(y));
  }

  /** Moves every element into [min, max]; max where that is less than min. */
  default Tensor clamp_(Tensor min, Tensor max) {
    given("clamp_", "min", min);
    given("clamp_", "max", max);
    return Copying.replaced("clamp_", self(), x -> Clamping.clamp("clamp_", x, min, max));
  }

  /** Raises what is less than min to it. */
  default Tensor clampMin_(Tensor min) {
    given("clampMin_", "min", min);
    return Copying.replaced("clampMin_", self(), x -> Clamping.clamp("clampMin_", x, min, null));
  }

  /** Lowers what is greater than max to it. */
  default Tensor clampMax_(Tensor max) {
    given("clampMax_", "max", max);
    return Copying.replaced("clampMax_", self(), x -> Clamping.clamp("clampMax_", x, null, max));
  }

  /** Moves by {@code weight * (end - x)}, with a weight for every element. */
  default Tensor lerp_(Tensor end, Tensor weight) {
    given("lerp_", "end", end);
    given("lerp_", "weight", weight);
    return Copying.replaced("lerp_", self(), x -> Compositions.lerp("lerp_", x, end, weight));
  }

  /** Adds {@code a * b}. */
  default Tensor addcmul_(Tensor a, Tensor b) {
    return self().addcmul_(a, b, 1);
  }

  /** Adds {@code a / b}. */
  default Tensor addcdiv_(Tensor a, Tensor b) {
    return self().addcdiv_(a, b, 1);
  }
}
