package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.Backend.Triangle;
import dev.chagres.backend.BinaryOp;

/**
 * Arithmetic and comparisons that overwrite this tensor, {@code x}, and return it. Its views and
 * what it is a view of see the change; the shape and the dtype stay.
 */
public sealed interface InPlace permits Tensor {
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

  /** Subtracts y. */
  default Tensor sub_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.SUB, self(), y);
  }

  /** Subtracts y. */
  default Tensor sub_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.SUB, self(), y);
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

  /** Replaces x by whether it equals y, 1 or 0. */
  default Tensor eq_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.EQ, self(), y);
  }

  /** Replaces x by whether it equals y, 1 or 0. */
  default Tensor eq_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.EQ, self(), y);
  }

  /** Replaces x by whether it differs from y, 1 or 0. */
  default Tensor ne_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.NE, self(), y);
  }

  /** Replaces x by whether it differs from y, 1 or 0. */
  default Tensor ne_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.NE, self(), y);
  }

  /** Replaces x by whether it is less than y, 1 or 0. */
  default Tensor lt_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.LT, self(), y);
  }

  /** Replaces x by whether it is less than y, 1 or 0. */
  default Tensor lt_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.LT, self(), y);
  }

  /** Replaces x by whether it is at most y, 1 or 0. */
  default Tensor le_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.LE, self(), y);
  }

  /** Replaces x by whether it is at most y, 1 or 0. */
  default Tensor le_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.LE, self(), y);
  }

  /** Replaces x by whether it is greater than y, 1 or 0. */
  default Tensor gt_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.GT, self(), y);
  }

  /** Replaces x by whether it is greater than y, 1 or 0. */
  default Tensor gt_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.GT, self(), y);
  }

  /** Replaces x by whether it is at least y, 1 or 0. */
  default Tensor ge_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.GE, self(), y);
  }

  /** Replaces x by whether it is at least y, 1 or 0. */
  default Tensor ge_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.GE, self(), y);
  }

  /** Replaces x by whether both are not zero. */
  default Tensor logicalAnd_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.LOGICAL_AND, self(), y);
  }

  /** Replaces x by whether one is not zero. */
  default Tensor logicalOr_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.LOGICAL_OR, self(), y);
  }

  /** Replaces x by whether exactly one is not zero. */
  default Tensor logicalXor_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.LOGICAL_XOR, self(), y);
  }

  /** Replaces x by the bits that both have. */
  default Tensor bitwiseAnd_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_AND, self(), y);
  }

  /** Replaces x by the bits that one has. */
  default Tensor bitwiseOr_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_OR, self(), y);
  }

  /** Replaces x by the bits that exactly one has. */
  default Tensor bitwiseXor_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_XOR, self(), y);
  }

  /** Adds {@code alpha * y}. */
  default Tensor add_(Tensor y, Number alpha) {
    return ScaledSums.sumInPlace("add_", BinaryOp.ADD, self(), y, alpha);
  }

  /** Subtracts {@code alpha * y}. */
  default Tensor sub_(Tensor y, Number alpha) {
    return ScaledSums.sumInPlace("sub_", BinaryOp.SUB, self(), y, alpha);
  }

  /** Moves every element into [min, max]. */
  default Tensor clamp_(Number min, Number max) {
    return Clamping.clampInPlace(self(), given("clamp_", "min", min), given("clamp_", "max", max));
  }

  /** Raises what is less than min to it. */
  default Tensor clampMin_(Number min) {
    return Copying.replaced("clampMin_", self(), x -> x.clampMin(given("clampMin_", "min", min)));
  }

  /** Lowers what is greater than max to it. */
  default Tensor clampMax_(Number max) {
    return Copying.replaced("clampMax_", self(), x -> x.clampMax(given("clampMax_", "max", max)));
  }

  /** Moves by {@code weight * (end - x)}. */
  default Tensor lerp_(Tensor end, Number weight) {
    return Copying.replaced("lerp_", self(), x -> Compositions.lerp("lerp_", x, end, weight));
  }

  /** Adds {@code value * a * b}. */
  default Tensor addcmul_(Tensor a, Tensor b, Number value) {
    return Copying.replaced(
        "addcmul_", self(), x -> ScaledSums.addcmul("addcmul_", x, a, b, value));
  }

  /** Adds {@code value * a / b}. */
  default Tensor addcdiv_(Tensor a, Tensor b, Number value) {
    return Copying.replaced(
        "addcdiv_", self(), x -> ScaledSums.addcdiv("addcdiv_", x, a, b, value));
  }

  /** Zeroes what each matrix, of the last two dimensions, has above its diagonal. */
  default Tensor tril_() {
    return tril_(0);
  }

  /** Zeroes what each matrix has above a diagonal; 0 is the main one, 1 the one above it. */
  default Tensor tril_(long diagonal) {
    return Rearranging.triangleInPlace(Triangle.LOWER, self(), diagonal);
  }

  /** Zeroes what each matrix, of the last two dimensions, has below its diagonal. */
  default Tensor triu_() {
    return triu_(0);
  }

  /** Zeroes what each matrix has below a diagonal. */
  default Tensor triu_(long diagonal) {
    return Rearranging.triangleInPlace(Triangle.UPPER, self(), diagonal);
  }
}
