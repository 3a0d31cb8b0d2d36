package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.BinaryOp;

/**
 * Arithmetic of two and more operands that overwrites this tensor, {@code x}, and returns it. Its
 * views and what it is a view of see the change; the shape and the dtype stay.
 */
public sealed interface PointwiseInPlace permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Adds y. */
  default Tensor add_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.ADD, self(), y);
  }

  /** Adds y. */
  default Tensor add_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.ADD, self(), y);
  }

  /** Adds {@code alpha * y}. */
  default Tensor add_(Tensor y, Number alpha) {
    return ScaledSums.sumInPlace("add_", BinaryOp.ADD, self(), y, alpha);
  }

  /** Subtracts y. */
  default Tensor sub_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.SUB, self(), y);
  }

  /** Subtracts y. */
  default Tensor sub_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.SUB, self(), y);
  }

  /** Subtracts {@code alpha * y}. */
  default Tensor sub_(Tensor y, Number alpha) {
    return ScaledSums.sumInPlace("sub_", BinaryOp.SUB, self(), y, alpha);
  }

  /** Multiplies by y. */
  default Tensor mul_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.MUL, self(), y);
  }

  /** Multiplies by y. */
  default Tensor mul_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.MUL, self(), y);
  }

  /** Divides by y. */
  default Tensor div_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.DIV, self(), y);
  }

  /** Divides by y. */
  default Tensor div_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.DIV, self(), y);
  }

  /** Divides by y and rounds down. */
  default Tensor floorDivide_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.FLOOR_DIVIDE, self(), y);
  }

  /** Divides by y and rounds down. */
  default Tensor floorDivide_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.FLOOR_DIVIDE, self(), y);
  }

  /** Takes the remainder with the sign of y. */
  default Tensor remainder_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.REMAINDER, self(), y);
  }

  /** Takes the remainder with the sign of y. */
  default Tensor remainder_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.REMAINDER, self(), y);
  }

  /** Takes the remainder with the sign of x. */
  default Tensor fmod_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.FMOD, self(), y);
  }

  /** Takes the remainder with the sign of x. */
  default Tensor fmod_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.FMOD, self(), y);
  }

  /** Raises to the power of y. */
  default Tensor pow_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.POW, self(), y);
  }

  /** Raises to the power of y. */
  default Tensor pow_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.POW, self(), y);
  }

  /** Takes the greater of x and y. */
  default Tensor maximum_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.MAXIMUM, self(), y);
  }

  /** Takes the greater of x and y. */
  default Tensor maximum_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.MAXIMUM, self(), y);
  }

  /** Takes the lesser of x and y. */
  default Tensor minimum_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.MINIMUM, self(), y);
  }

  /** Takes the lesser of x and y. */
  default Tensor minimum_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.MINIMUM, self(), y);
  }

  /** Divides by y and drops the fraction. */
  default Tensor truncDivide_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.TRUNC_DIVIDE, self(), y);
  }

  /** Divides by y and drops the fraction. */
  default Tensor truncDivide_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.TRUNC_DIVIDE, self(), y);
  }

  /** Replaces x by the angle, in radians, of the point (y, x). */
  default Tensor atan2_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.ATAN2, self(), y);
  }

  /** Moves every element into [min, max]. */
  default Tensor clamp_(Number min, Number max) {
    return Clamping.clampInPlace(self(), given("clamp_", "min", min), given("clamp_", "max", max));
  }

  /** Moves every element into [min, max]; max where that is less than min. */
  default Tensor clamp_(Tensor min, Tensor max) {
    given("clamp_", "min", min);
    given("clamp_", "max", max);
    return Copying.replaced("clamp_", self(), x -> Clamping.clamp("clamp_", x, min, max));
  }

  /** Raises what is less than min to it. */
  default Tensor clampMin_(Number min) {
    return Copying.replaced("clampMin_", self(), x -> x.clampMin(given("clampMin_", "min", min)));
  }

  /** Raises what is less than min to it. */
  default Tensor clampMin_(Tensor min) {
    given("clampMin_", "min", min);
    return Copying.replaced("clampMin_", self(), x -> Clamping.clamp("clampMin_", x, min, null));
  }

  /** Lowers what is greater than max to it. */
  default Tensor clampMax_(Number max) {
    return Copying.replaced("clampMax_", self(), x -> x.clampMax(given("clampMax_", "max", max)));
  }

  /** Lowers what is greater than max to it. */
  default Tensor clampMax_(Tensor max) {
    given("clampMax_", "max", max);
    return Copying.replaced("clampMax_", self(), x -> Clamping.clamp("clampMax_", x, null, max));
  }

  /** Moves by {@code weight * (end - x)}. */
  default Tensor lerp_(Tensor end, Number weight) {
    return Copying.replaced("lerp_", self(), x -> Compositions.lerp("lerp_", x, end, weight));
  }

  /** Moves by {@code weight * (end - x)}, with a weight for every element. */
  default Tensor lerp_(Tensor end, Tensor weight) {
    given("lerp_", "end", end);
    given("lerp_", "weight", weight);
    return Copying.replaced("lerp_", self(), x -> Compositions.lerp("lerp_", x, end, weight));
  }

  /** Adds {@code value * a * b}. */
  default Tensor addcmul_(Tensor a, Tensor b, Number value) {
    return Copying.replaced(
        "addcmul_", self(), x -> ScaledSums.addcmul("addcmul_", x, a, b, value));
  }

  /** Adds {@code a * b}. */
  default Tensor addcmul_(Tensor a, Tensor b) {
    return self().addcmul_(a, b, 1);
  }

  /** Adds {@code value * a / b}. */
  default Tensor addcdiv_(Tensor a, Tensor b, Number value) {
    return Copying.replaced(
        "addcdiv_", self(), x -> ScaledSums.addcdiv("addcdiv_", x, a, b, value));
  }

  /** Adds {@code a / b}. */
  default Tensor addcdiv_(Tensor a, Tensor b) {
    return self().addcdiv_(a, b, 1);
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
}
