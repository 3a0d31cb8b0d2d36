package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.BinaryOp;
import dev.chagres.core.DType;

/**
 * Sums with a term that a number scales. As in PyTorch all operands are promoted first, so that the
 * number acts in the result's dtype; halves are computed in float32 and rounded once.
 */
final class ScaledSums {
  private ScaledSums() {}

  /** ADD or SUB: {@code x + alpha * y} or {@code x - alpha * y}. */
  static Tensor sum(String name, BinaryOp op, Tensor x, Tensor y, Number alpha) {
    Tensor term = term(name, x, y, alpha);
    DType common = Promotion.of(x, y);
    Tensor sum = Copying.cast(Elementwise.binary(op, x, term), common);
    return Gradients.named(op == BinaryOp.ADD ? "AddBackward" : "SubBackward", sum, x);
  }

  /** The same, written over x. */
  static Tensor sumInPlace(String name, BinaryOp op, Tensor x, Tensor y, Number alpha) {
    return Elementwise.binaryInPlace(op, x, term(name, x, y, alpha));
  }

  private static Tensor term(String name, Tensor x, Tensor y, Number alpha) {
    DType common = Promotion.of(x, given(name, "y", y));
    checkFactor(name, "alpha", alpha, common);
    DType compute = computeType(common);
    Number factor = compute == common ? alpha : Tensor.scalar(alpha, common).item();
    return common == DType.BOOL
        ? Copying.cast(y.mul(alpha), DType.BOOL)
        : Copying.cast(y, compute).mul(factor);
  }

  /** {@code x + value * a * b}. */
  static Tensor addcmul(String name, Tensor x, Tensor a, Tensor b, Number value) {
    DType common = Promotion.of(x, given(name, "a", a), given(name, "b", b));
    checkFactor(name, "value", value, common);
    if (common == DType.BOOL) {
      throw new IllegalArgumentException(name + ": not defined for bool");
    }
    DType compute = computeType(common);
    Tensor term = Copying.cast(a, compute).mul(value).mul(Copying.cast(b, compute));
    Tensor sum = Copying.cast(Copying.cast(x, compute).add(term), common);
    return Gradients.named("AddcmulBackward", sum, x);
  }

  /** {@code x + value * a / b}. */
  static Tensor addcdiv(String name, Tensor x, Tensor a, Tensor b, Number value) {
    DType common = Promotion.of(x, given(name, "a", a), given(name, "b", b));
    checkFactor(name, "value", value, common);
    if (!a.dtype().isFloating() && !b.dtype().isFloating()) {
      throw new IllegalArgumentException(
          name
              + ": "
              + a.dtype()
              + " divided by "
              + b.dtype()
              + " would be an integer division; convert one to a floating dtype first");
    }
    DType compute = computeType(common);
    Tensor term = Copying.cast(a, compute).mul(value).div(Copying.cast(b, compute));
    Tensor sum = Copying.cast(Copying.cast(x, compute).add(term), common);
    return Gradients.named("AddcdivBackward", sum, x);
  }

  private static DType computeType(DType common) {
    return common.isFloating() && common.size() < DType.FLOAT32.size() ? DType.FLOAT32 : common;
  }

  private static void checkFactor(String name, String parameter, Number factor, DType common) {
    if (Scalars.isFloating(given(name, parameter, factor)) && !common.isFloating()) {
      throw new IllegalArgumentException(
          name
              + ": the result is "
              + common
              + ", which the floating "
              + parameter
              + " "
              + factor
              + " cannot scale; convert an operand to a floating dtype first, or scale by an"
              + " integer");
    }
    Scalars.fitting(name, factor, common);
  }
}
