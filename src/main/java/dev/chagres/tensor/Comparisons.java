package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;

/** Comparisons, logic and bits, element by element, with broadcasting. {@code x} is this tensor. */
public sealed interface Comparisons permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Returns whether x equals y, as bool. */
  default Tensor eq(Tensor y) {
    return Elementwise.binary(BinaryOp.EQ, self(), y);
  }

  /** Returns whether x equals y, as bool. */
  default Tensor eq(Number y) {
    return Elementwise.binary(BinaryOp.EQ, self(), y);
  }

  /** Returns whether x differs from y, as bool. */
  default Tensor ne(Tensor y) {
    return Elementwise.binary(BinaryOp.NE, self(), y);
  }

  /** Returns whether x differs from y, as bool. */
  default Tensor ne(Number y) {
    return Elementwise.binary(BinaryOp.NE, self(), y);
  }

  /** Returns whether x is less than y, as bool. */
  default Tensor lt(Tensor y) {
    return Elementwise.binary(BinaryOp.LT, self(), y);
  }

  /** Returns whether x is less than y, as bool. */
  default Tensor lt(Number y) {
    return Elementwise.binary(BinaryOp.LT, self(), y);
  }

  /** Returns whether x is at most y, as bool. */
  default Tensor le(Tensor y) {
    return Elementwise.binary(BinaryOp.LE, self(), y);
  }

  /** Returns whether x is at most y, as bool. */
  default Tensor le(Number y) {
    return Elementwise.binary(BinaryOp.LE, self(), y);
  }

  /** Returns whether x is greater than y, as bool. */
  default Tensor gt(Tensor y) {
    return Elementwise.binary(BinaryOp.GT, self(), y);
  }

  /** Returns whether x is greater than y, as bool. */
  default Tensor gt(Number y) {
    return Elementwise.binary(BinaryOp.GT, self(), y);
  }

  /** Returns whether x is at least y, as bool. */
  default Tensor ge(Tensor y) {
    return Elementwise.binary(BinaryOp.GE, self(), y);
  }

  /** Returns whether x is at least y, as bool. */
  default Tensor ge(Number y) {
    return Elementwise.binary(BinaryOp.GE, self(), y);
  }

  /** Returns whether both are not zero, as bool. */
  default Tensor logicalAnd(Tensor y) {
    return Elementwise.binary(BinaryOp.LOGICAL_AND, self(), y);
  }

  /** Returns whether one is not zero, as bool. */
  default Tensor logicalOr(Tensor y) {
    return Elementwise.binary(BinaryOp.LOGICAL_OR, self(), y);
  }

  /** Returns whether exactly one is not zero, as bool. */
  default Tensor logicalXor(Tensor y) {
    return Elementwise.binary(BinaryOp.LOGICAL_XOR, self(), y);
  }

  /** Returns the bits that both integers or bools have. */
  default Tensor bitwiseAnd(Tensor y) {
    return Elementwise.binary(BinaryOp.BITWISE_AND, self(), y);
  }

  /** Returns the bits that one of the integers or bools has. */
  default Tensor bitwiseOr(Tensor y) {
    return Elementwise.binary(BinaryOp.BITWISE_OR, self(), y);
  }

  /** Returns the bits that exactly one of the integers or bools has. */
  default Tensor bitwiseXor(Tensor y) {
    return Elementwise.binary(BinaryOp.BITWISE_XOR, self(), y);
  }

  /** Returns whether x is zero. */
  default Tensor logicalNot() {
    return Elementwise.unary(UnaryOp.LOGICAL_NOT, self());
  }

  /** Returns whether x is a NaN. */
  default Tensor isnan() {
    return Elementwise.unary(UnaryOp.ISNAN, self());
  }

  /** Returns whether x is infinite. */
  default Tensor isinf() {
    return Elementwise.unary(UnaryOp.ISINF, self());
  }

  /** Returns whether x is neither infinite nor a NaN. */
  default Tensor isfinite() {
    return Elementwise.unary(UnaryOp.ISFINITE, self());
  }

  /** Returns the complement of every bit; of a bool the opposite. */
  default Tensor bitwiseNot() {
    return Elementwise.unary(UnaryOp.BITWISE_NOT, self());
  }

  /**
   * Returns whether two tensors have the same shape and the same elements, compared in the dtype
   * that both promote to; a NaN equals nothing.
   */
  default boolean equal(Tensor y) {
    return self().shape().equals(given("equal", "y", y).shape()) && eq(y).all().isTrue();
  }

  /**
   * Returns whether {@code |x - y| <= atol + rtol * |y|} everywhere; equal infinities are close, a
   * NaN is close to nothing.
   */
  default boolean allclose(Tensor y, double rtol, double atol) {
    Compositions.alike("allclose", self(), y);
    return isclose(y, rtol, atol).all().isTrue();
  }

  /** The same with PyTorch's tolerances, 1e-5 and 1e-8. */
  default boolean allclose(Tensor y) {
    return allclose(y, 1e-5, 1e-8);
  }

  /** Returns whether x is infinity. */
  default Tensor isposinf() {
    return Elementwise.unary(UnaryOp.ISPOSINF, self());
  }

  /** Returns whether x is minus infinity. */
  default Tensor isneginf() {
    return Elementwise.unary(UnaryOp.ISNEGINF, self());
  }

  /** Returns whether x has a minus sign; a zero and a NaN may have one. */
  default Tensor signbit() {
    return Elementwise.unary(UnaryOp.SIGNBIT, self());
  }

  /** Returns true for every element: there are no complex numbers. */
  default Tensor isreal() {
    return self().detach().onesLike().to(DType.BOOL);
  }

  /**
   * Returns whether {@code |x - y| <= atol + rtol * |y|}, element by element, with broadcasting;
   * equal infinities are close. Both have one dtype.
   */
  default Tensor isclose(Tensor y, double rtol, double atol, Nans nans) {
    return Compositions.isclose(self(), y, rtol, atol, nans);
  }

  /** The same where a NaN is close to nothing. */
  default Tensor isclose(Tensor y, double rtol, double atol) {
    return isclose(y, rtol, atol, Nans.UNEQUAL_NAN);
  }

  /** The same with PyTorch's tolerances, 1e-5 and 1e-8. */
  default Tensor isclose(Tensor y) {
    return isclose(y, 1e-5, 1e-8);
  }

  /**
   * Returns the integer x with its bits moved y places to the left, {@code x * 2^y}; 0 where y is
   * not below the number of bits, or is negative.
   */
  default Tensor bitwiseLeftShift(Tensor y) {
    return Elementwise.binary(BinaryOp.BITWISE_LEFT_SHIFT, self(), y);
  }

  /**
   * Returns the integer x with its bits moved y places to the left, {@code x * 2^y}; 0 where y is
   * not below the number of bits, or is negative.
   */
  default Tensor bitwiseLeftShift(Number y) {
    return Elementwise.binary(BinaryOp.BITWISE_LEFT_SHIFT, self(), y);
  }

  /**
   * Returns the integer x with its bits moved y places to the right, {@code x / 2^y} rounded down;
   * only the sign is left where y is not below the number of bits, or is negative.
   */
  default Tensor bitwiseRightShift(Tensor y) {
    return Elementwise.binary(BinaryOp.BITWISE_RIGHT_SHIFT, self(), y);
  }

  /**
   * Returns the integer x with its bits moved y places to the right, {@code x / 2^y} rounded down;
   * only the sign is left where y is not below the number of bits, or is negative.
   */
  default Tensor bitwiseRightShift(Number y) {
    return Elementwise.binary(BinaryOp.BITWISE_RIGHT_SHIFT, self(), y);
  }

  /** Returns the bits that both integers or bools have. */
  default Tensor bitwiseAnd(Number y) {
    return Elementwise.binary(BinaryOp.BITWISE_AND, self(), y);
  }

  /** Returns the bits that one of the integers or bools has. */
  default Tensor bitwiseOr(Number y) {
    return Elementwise.binary(BinaryOp.BITWISE_OR, self(), y);
  }

  /** Returns the bits that exactly one of the integers or bools has. */
  default Tensor bitwiseXor(Number y) {
    return Elementwise.binary(BinaryOp.BITWISE_XOR, self(), y);
  }
}
