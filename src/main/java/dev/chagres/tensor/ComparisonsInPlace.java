package dev.chagres.tensor;

import dev.chagres.backend.BinaryOp;

/**
 * Comparisons, logic and operations on bits that overwrite this tensor, {@code x}, and return it:
 * its dtype stays, so that what is true is 1 where that is not bool.
 */
public sealed interface ComparisonsInPlace permits Tensor {
  private Tensor self() {
    return (Tensor) this;
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

  /** Replaces x by the bits that both integers or bools have. */
  default Tensor bitwiseAnd_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_AND, self(), y);
  }

  /** Replaces x by the bits that one has. */
  default Tensor bitwiseOr_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_OR, self(), y);
  }

  /** Replaces x by the bits that one of the integers or bools has. */
  default Tensor bitwiseOr_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_OR, self(), y);
  }

  /** Replaces x by the bits that exactly one has. */
  default Tensor bitwiseXor_(Tensor y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_XOR, self(), y);
  }

  /** Replaces x by the bits that exactly one of the integers or bools has. */
  default Tensor bitwiseXor_(Number y) {
    return Elementwise.binaryInPlace(BinaryOp.BITWISE_XOR, self(), y);
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
}
