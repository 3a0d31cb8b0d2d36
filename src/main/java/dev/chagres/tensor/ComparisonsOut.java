package dev.chagres.tensor;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.UnaryOp;

/** Comparisons, logic and bits, of {@link Out}: bool, or 0 and 1 in another dtype. */
abstract sealed class ComparisonsOut extends PointwiseOut permits ProductsOut {
  ComparisonsOut() {}

  /** Writes whether x equals y to {@code out}. */
  public static Tensor eq(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.EQ, x, y, out);
  }

  /** Writes whether x equals y to {@code out}. */
  public static Tensor eq(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.EQ, x, y, out);
  }

  /** Writes whether x differs from y to {@code out}. */
  public static Tensor ne(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.NE, x, y, out);
  }

  /** Writes whether x differs from y to {@code out}. */
  public static Tensor ne(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.NE, x, y, out);
  }

  /** Writes whether x is less than y to {@code out}. */
  public static Tensor lt(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.LT, x, y, out);
  }

  /** Writes whether x is less than y to {@code out}. */
  public static Tensor lt(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.LT, x, y, out);
  }

  /** Writes whether x is at most y to {@code out}. */
  public static Tensor le(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.LE, x, y, out);
  }

  /** Writes whether x is at most y to {@code out}. */
  public static Tensor le(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.LE, x, y, out);
  }

  /** Writes whether x is greater than y to {@code out}. */
  public static Tensor gt(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.GT, x, y, out);
  }

  /** Writes whether x is greater than y to {@code out}. */
  public static Tensor gt(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.GT, x, y, out);
  }

  /** Writes whether x is at least y to {@code out}. */
  public static Tensor ge(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.GE, x, y, out);
  }

  /** Writes whether x is at least y to {@code out}. */
  public static Tensor ge(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.GE, x, y, out);
  }

  /** Writes whether both are not zero to {@code out}. */
  public static Tensor logicalAnd(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.LOGICAL_AND, x, y, out);
  }

  /** Writes whether one is not zero to {@code out}. */
  public static Tensor logicalOr(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.LOGICAL_OR, x, y, out);
  }

  /** Writes whether exactly one is not zero to {@code out}. */
  public static Tensor logicalXor(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.LOGICAL_XOR, x, y, out);
  }

  /** Writes the bits that both have to {@code out}. */
  public static Tensor bitwiseAnd(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.BITWISE_AND, x, y, out);
  }

  /** Writes the bits that one has to {@code out}. */
  public static Tensor bitwiseOr(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.BITWISE_OR, x, y, out);
  }

  /** Writes the bits that exactly one has to {@code out}. */
  public static Tensor bitwiseXor(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.BITWISE_XOR, x, y, out);
  }

  /** Writes whether x is zero to {@code out}. */
  public static Tensor logicalNot(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.LOGICAL_NOT, x, out);
  }

  /** Writes whether x is a NaN to {@code out}. */
  public static Tensor isnan(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ISNAN, x, out);
  }

  /** Writes whether x is infinite to {@code out}. */
  public static Tensor isinf(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ISINF, x, out);
  }

  /** Writes whether x is neither infinite nor a NaN to {@code out}. */
  public static Tensor isfinite(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ISFINITE, x, out);
  }

  /**
   * Writes the integer x with its bits moved y places to the left, {@code x * 2^y}; 0 where y is
   * not below the number of bits, or is negative to {@code out}.
   */
  public static Tensor bitwiseLeftShift(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.BITWISE_LEFT_SHIFT, x, y, out);
  }

  /**
   * Writes the integer x with its bits moved y places to the left, {@code x * 2^y}; 0 where y is
   * not below the number of bits, or is negative to {@code out}.
   */
  public static Tensor bitwiseLeftShift(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.BITWISE_LEFT_SHIFT, x, y, out);
  }

  /**
   * Writes the integer x with its bits moved y places to the right, {@code x / 2^y} rounded down;
   * only the sign is left where y is not below the number of bits, or is negative to {@code out}.
   */
  public static Tensor bitwiseRightShift(Tensor x, Tensor y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.BITWISE_RIGHT_SHIFT, x, y, out);
  }

  /**
   * Writes the integer x with its bits moved y places to the right, {@code x / 2^y} rounded down;
   * only the sign is left where y is not below the number of bits, or is negative to {@code out}.
   */
  public static Tensor bitwiseRightShift(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.BITWISE_RIGHT_SHIFT, x, y, out);
  }

  /** Writes the bits that both integers or bools have to {@code out}. */
  public static Tensor bitwiseAnd(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.BITWISE_AND, x, y, out);
  }

  /** Writes the bits that one of the integers or bools has to {@code out}. */
  public static Tensor bitwiseOr(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.BITWISE_OR, x, y, out);
  }

  /** Writes the bits that exactly one of the integers or bools has to {@code out}. */
  public static Tensor bitwiseXor(Tensor x, Number y, Tensor out) {
    return Elementwise.binaryOut(BinaryOp.BITWISE_XOR, x, y, out);
  }

  /** Writes whether x is infinity to {@code out}. */
  public static Tensor isposinf(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ISPOSINF, x, out);
  }

  /** Writes whether x is minus infinity to {@code out}. */
  public static Tensor isneginf(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.ISNEGINF, x, out);
  }

  /** Writes whether x has a minus sign to {@code out}. */
  public static Tensor signbit(Tensor x, Tensor out) {
    return Elementwise.unaryOut(UnaryOp.SIGNBIT, x, out);
  }
}
