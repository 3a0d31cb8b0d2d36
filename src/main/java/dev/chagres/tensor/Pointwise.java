package dev.chagres.tensor;

import static dev.chagres.check.Given.given;
import static dev.chagres.check.Named.named;

import dev.chagres.backend.BinaryOp;
import dev.chagres.core.DType;
import dev.chagres.primitive.AutocastFunction;

/**
 * Arithmetic of two and more operands, element by element, with broadcasting and promotion. {@code
 * x} is this tensor.
 */
public sealed interface Pointwise permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  // ---- two operands

  /** Returns {@code x + y}. */
  default Tensor add(Tensor y) {
    return Elementwise.binary(BinaryOp.ADD, self(), y);
  }

  /** Returns {@code x + y}. */
  default Tensor add(Number y) {
    return Elementwise.binary(BinaryOp.ADD, self(), y);
  }

  /** Returns {@code x + alpha * y}; integers are scaled by an integer only. */
  default Tensor add(Tensor y, Number alpha) {
    return ScaledSums.sum("add", BinaryOp.ADD, self(), y, alpha);
  }

  /** Returns {@code x - alpha * y}; integers are scaled by an integer only. */
  default Tensor sub(Tensor y, Number alpha) {
    return ScaledSums.sum("sub", BinaryOp.SUB, self(), y, alpha);
  }

  /** Returns {@code y - x}. */
  default Tensor rsub(Number y) {
    given("rsub", "y", y);
    return Gradients.named("RsubBackward", Elementwise.binary(BinaryOp.SUB, y, self()), self());
  }

  /** Returns {@code y / x}. */
  default Tensor rdiv(Number y) {
    given("rdiv", "y", y);
    return Elementwise.binary(BinaryOp.DIV, y, self());
  }

  /** Returns {@code x - y}. */
  default Tensor sub(Tensor y) {
    return Elementwise.binary(BinaryOp.SUB, self(), y);
  }

  /** Returns {@code x - y}. */
  default Tensor sub(Number y) {
    return Elementwise.binary(BinaryOp.SUB, self(), y);
  }

  /** Returns {@code x * y}. */
  default Tensor mul(Tensor y) {
    return Elementwise.binary(BinaryOp.MUL, self(), y);
  }

  /** Returns {@code x * y}. */
  default Tensor mul(Number y) {
    return Elementwise.binary(BinaryOp.MUL, self(), y);
  }

  /** Returns {@code x / y}; integers are divided as float32. */
  default Tensor div(Tensor y) {
    return Elementwise.binary(BinaryOp.DIV, self(), y);
  }

  /** Returns {@code x / y}; integers are divided as float32. */
  default Tensor div(Number y) {
    return Elementwise.binary(BinaryOp.DIV, self(), y);
  }

  /**
   * Returns the greatest integer that is not above {@code x / y}. Its gradient is 0, as that of
   * PyTorch's {@code div(…, rounding_mode="floor")}.
   */
  default Tensor floorDivide(Tensor y) {
    return Elementwise.binary(BinaryOp.FLOOR_DIVIDE, self(), y);
  }

  /** Returns the greatest integer that is not above {@code x / y}. */
  default Tensor floorDivide(Number y) {
    return Elementwise.binary(BinaryOp.FLOOR_DIVIDE, self(), y);
  }

  /** Returns {@code x / y} without its fraction. */
  default Tensor truncDivide(Tensor y) {
    return Elementwise.binary(BinaryOp.TRUNC_DIVIDE, self(), y);
  }

  /** Returns {@code x / y} without its fraction. */
  default Tensor truncDivide(Number y) {
    return Elementwise.binary(BinaryOp.TRUNC_DIVIDE, self(), y);
  }

  /** Returns the remainder of {@code x / y} with the sign of y, as in Python. */
  default Tensor remainder(Tensor y) {
    return Elementwise.binary(BinaryOp.REMAINDER, self(), y);
  }

  /** Returns the remainder of {@code x / y} with the sign of y, as in Python. */
  default Tensor remainder(Number y) {
    return Elementwise.binary(BinaryOp.REMAINDER, self(), y);
  }

  /** Returns the remainder of {@code x / y} with the sign of x, as in C. */
  default Tensor fmod(Tensor y) {
    return Elementwise.binary(BinaryOp.FMOD, self(), y);
  }

  /** Returns the remainder of {@code x / y} with the sign of x, as in C. */
  default Tensor fmod(Number y) {
    return Elementwise.binary(BinaryOp.FMOD, self(), y);
  }

  /** Returns x to the power of y. */
  default Tensor pow(Tensor y) {
    return Elementwise.binary(
        BinaryOp.POW,
        Autocast.cast(AutocastFunction.POW, self()),
        Autocast.cast(AutocastFunction.POW, given("pow", "y", y)));
  }

  /** Returns x to the power of y. */
  default Tensor pow(Number y) {
    return Powers.pow(Autocast.cast(AutocastFunction.POW, self()), given("pow", "y", y));
  }

  /** Returns the greater of x and y; a NaN wins. */
  default Tensor maximum(Tensor y) {
    return Elementwise.binary(BinaryOp.MAXIMUM, self(), y);
  }

  /** Returns the greater of x and y; a NaN wins. */
  default Tensor maximum(Number y) {
    return Elementwise.binary(BinaryOp.MAXIMUM, self(), y);
  }

  /** Returns the lesser of x and y; a NaN wins. */
  default Tensor minimum(Tensor y) {
    return Elementwise.binary(BinaryOp.MINIMUM, self(), y);
  }

  /** Returns the lesser of x and y; a NaN wins. */
  default Tensor minimum(Number y) {
    return Elementwise.binary(BinaryOp.MINIMUM, self(), y);
  }

  /**
   * Returns the angle, in radians, of the point (y, x): the arc tangent of {@code x / y} in the
   * right quadrant.
   */
  default Tensor atan2(Tensor y) {
    given("atan2", "y", y);
    if (Autocast.applies(AutocastFunction.ATAN2, self())) {
      return Autocast.call(AutocastFunction.ATAN2, self(), y, Tensor::atan2);
    }
    return Elementwise.binary(BinaryOp.ATAN2, self(), y);
  }

  // ---- composed

  /** Returns x moved into [min, max]; a NaN stays. */
  default Tensor clamp(Number min, Number max) {
    return Clamping.clamp(self(), given("clamp", "min", min), given("clamp", "max", max));
  }

  /** Returns x, or min where it is less; a NaN stays. */
  default Tensor clampMin(Number min) {
    return Clamping.clamp(self(), given("clampMin", "min", min), null);
  }

  /** Returns x, or max where it is greater; a NaN stays. */
  default Tensor clampMax(Number max) {
    return Clamping.clamp(self(), null, given("clampMax", "max", max));
  }

  /** Returns {@code x + weight * (end - x)}, reckoned from the nearer end, as in PyTorch. */
  default Tensor lerp(Tensor end, Number weight) {
    return Compositions.lerp("lerp", self(), end, weight);
  }

  /** Returns {@code x + value * a * b}; integers are scaled by an integer only. */
  default Tensor addcmul(Tensor a, Tensor b, Number value) {
    return ScaledSums.addcmul("addcmul", self(), a, b, value);
  }

  /** Returns {@code x + value * a / b}; a or b is floating. */
  default Tensor addcdiv(Tensor a, Tensor b, Number value) {
    return ScaledSums.addcdiv("addcdiv", self(), a, b, value);
  }

  /** Returns the magnitude of x with the sign of y. */
  default Tensor copysign(Tensor y) {
    return Elementwise.binary(BinaryOp.COPYSIGN, self(), y);
  }

  /** Returns the magnitude of x with the sign of y. */
  default Tensor copysign(Number y) {
    return Elementwise.binary(BinaryOp.COPYSIGN, self(), y);
  }

  /** Returns the greater of x and y; a NaN loses. */
  default Tensor fmax(Tensor y) {
    return Elementwise.binary(BinaryOp.FMAX, self(), y);
  }

  /** Returns the lesser of x and y; a NaN loses. */
  default Tensor fmin(Tensor y) {
    return Elementwise.binary(BinaryOp.FMIN, self(), y);
  }

  /** Returns {@code sqrt(x^2 + y^2)}, without overflow on the way; not for integers. */
  default Tensor hypot(Tensor y) {
    return Elementwise.binary(BinaryOp.HYPOT, self(), y);
  }

  /** Returns the number next to x in the direction of y, in their dtype; not for integers. */
  default Tensor nextafter(Tensor y) {
    return Elementwise.binary(BinaryOp.NEXTAFTER, self(), y);
  }

  /** Returns {@code log(exp(x) + exp(y))}, without overflow on the way; not for integers. */
  default Tensor logaddexp(Tensor y) {
    return Elementwise.binary(BinaryOp.LOGADDEXP, self(), y);
  }

  /** Returns {@code log2(2^x + 2^y)}, without overflow on the way; not for integers. */
  default Tensor logaddexp2(Tensor y) {
    return Elementwise.binary(BinaryOp.LOGADDEXP2, self(), y);
  }

  /** Returns {@code x log(y)}, and 0 where x is 0 and y no NaN. */
  default Tensor xlogy(Tensor y) {
    return Elementwise.binary(BinaryOp.XLOGY, self(), y);
  }

  /** Returns {@code x log(y)}, and 0 where x is 0 and y no NaN. */
  default Tensor xlogy(Number y) {
    return Elementwise.binary(BinaryOp.XLOGY, self(), y);
  }

  /**
   * Returns the regularized lower incomplete gamma function, {@code 1 / gamma(x)} times the
   * integral of {@code t^(x-1) exp(-t)} from 0 to y; not for integers. There is no gradient with
   * respect to x.
   */
  default Tensor igamma(Tensor y) {
    return Elementwise.binary(BinaryOp.IGAMMA, self(), y);
  }

  /**
   * Returns {@code 1 - igamma(x, y)}, exact for small values; not for integers. There is no
   * gradient with respect to x.
   */
  default Tensor igammac(Tensor y) {
    return Elementwise.binary(BinaryOp.IGAMMAC, self(), y);
  }

  /** Returns the greatest common divisor of integers. */
  default Tensor gcd(Tensor y) {
    return Elementwise.binary(BinaryOp.GCD, self(), y);
  }

  /** Returns the least common multiple of integers. */
  default Tensor lcm(Tensor y) {
    return Elementwise.binary(BinaryOp.LCM, self(), y);
  }

  /** Returns 0 where x is negative or a NaN, 1 where it is positive, and y where it is 0. */
  default Tensor heaviside(Tensor y) {
    return Elementwise.binary(
        BinaryOp.HEAVISIDE, self(), Compositions.alike("heaviside", self(), y));
  }

  /** Returns {@code x * 2^y}, as floating numbers, also where the power alone would overflow. */
  default Tensor ldexp(Tensor y) {
    return named("ldexp", () -> Compositions.ldexp(self(), y));
  }

  /** Returns x to the power of y, in float64. */
  default Tensor floatPower(Tensor y) {
    Tensor exponent = given("floatPower", "y", y);
    return named("floatPower", () -> self().to(DType.FLOAT64).pow(exponent.to(DType.FLOAT64)));
  }

  /** Returns x to the power of y, in float64. */
  default Tensor floatPower(Number y) {
    return self().to(DType.FLOAT64).pow(given("floatPower", "y", y).doubleValue());
  }

  /** Returns {@code y - x}. */
  default Tensor rsub(Tensor y) {
    return rsub(y, 1);
  }

  /** Returns {@code y - alpha * x}; integers are scaled by an integer only. */
  default Tensor rsub(Tensor y, Number alpha) {
    return Compositions.rsub(self(), y, alpha);
  }

  /** Returns {@code y - alpha * x}; integers are scaled by an integer only. */
  default Tensor rsub(Number y, Number alpha) {
    given("rsub", "y", y);
    return rsub(Creation.constant(self().device(), "rsub", y, Scalars.defaultType(y)), alpha);
  }

  /** Returns x moved into [min, max], and max where that is less than min; a NaN stays or wins. */
  default Tensor clamp(Tensor min, Tensor max) {
    return Clamping.clamp("clamp", self(), given("clamp", "min", min), given("clamp", "max", max));
  }

  /** Returns the greater of x and min; a NaN wins. */
  default Tensor clampMin(Tensor min) {
    return Clamping.clamp("clampMin", self(), given("clampMin", "min", min), null);
  }

  /** Returns the lesser of x and max; a NaN wins. */
  default Tensor clampMax(Tensor max) {
    return Clamping.clamp("clampMax", self(), null, given("clampMax", "max", max));
  }

  /** The same with a weight for every element. All have one floating dtype. */
  default Tensor lerp(Tensor end, Tensor weight) {
    return Compositions.lerp("lerp", self(), end, weight);
  }

  /** Returns {@code x + a * b}. */
  default Tensor addcmul(Tensor a, Tensor b) {
    return addcmul(a, b, 1);
  }

  /** Returns {@code x + a / b}; a or b is floating. */
  default Tensor addcdiv(Tensor a, Tensor b) {
    return addcdiv(a, b, 1);
  }
}
