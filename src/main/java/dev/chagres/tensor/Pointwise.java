package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.BinaryOp;

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
