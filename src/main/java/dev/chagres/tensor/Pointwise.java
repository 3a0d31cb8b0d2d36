package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.UnaryOp;

/**
 * Arithmetic and mathematical functions, element by element, with broadcasting and promotion.
 * {@code x} is this tensor.
 */
public sealed interface Pointwise permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  // ---- one operand

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
    return Elementwise.binary(BinaryOp.POW, self(), y);
  }

  /** Returns x to the power of y. */
  default Tensor pow(Number y) {
    return Powers.pow(self(), given("pow", "y", y));
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
    given("lerp", "end", end);
    given("lerp", "weight", weight);
    double part = weight.doubleValue();
    Tensor span = end.sub(self());
    Tensor y = Math.abs(part) < 0.5 ? add(span.mul(weight)) : end.sub(span.mul(1 - part));
    return Gradients.named("LerpBackward", y, self());
  }

  /** Returns {@code x + value * a * b}; integers are scaled by an integer only. */
  default Tensor addcmul(Tensor a, Tensor b, Number value) {
    return ScaledSums.addcmul("addcmul", self(), a, b, value);
  }

  /** Returns {@code x + value * a / b}; a or b is floating. */
  default Tensor addcdiv(Tensor a, Tensor b, Number value) {
    return ScaledSums.addcdiv("addcdiv", self(), a, b, value);
  }
}
