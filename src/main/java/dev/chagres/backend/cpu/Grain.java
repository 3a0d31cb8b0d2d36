package dev.chagres.backend.cpu;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.UnaryOp;

/**
 * How many elements make a piece of work worth handing to another thread: about 15 µs of it. Waking
 * a parked worker takes up to 50 µs in which the caller goes on alone, so less would be lost time,
 * and more would leave threads idle.
 */
final class Grain {
  /** Copies and other moves, which wait for memory. */
  static final long MOVE = 1 << 17;

  private static final long CHEAP = 1 << 17;
  private static final long MEDIUM = 1 << 15;
  private static final long COSTLY = 1 << 13;

  private Grain() {}

  static long of(UnaryOp op) {
    return switch (op) {
      case NEG, ABS, SIGN, SQUARE, RECIPROCAL, RELU, FLOOR, CEIL, ROUND, TRUNC, SQRT, RSQRT ->
          CHEAP;
      case BITWISE_NOT, LOGICAL_NOT, ISNAN, ISINF, ISFINITE -> CHEAP;
      case EXP,
          EXP2,
          EXPM1,
          LOG,
          LOG2,
          LOG10,
          LOG1P,
          SIN,
          COS,
          TANH,
          SIGMOID,
          SOFTPLUS,
          SILU,
          GELU,
          GELU_TANH,
          ERF ->
          MEDIUM;
      case TAN, ASIN, ACOS, ATAN, SINH, COSH, ASINH, ACOSH, ATANH, ERFC -> COSTLY;
    };
  }

  static long of(BinaryOp op) {
    return switch (op) {
      case ADD, SUB, MUL, DIV, MAXIMUM, MINIMUM, EQ, NE, LT, LE, GT, GE -> CHEAP;
      case LOGICAL_AND, LOGICAL_OR, LOGICAL_XOR, BITWISE_AND, BITWISE_OR, BITWISE_XOR -> CHEAP;
      case RELU_BACKWARD, SIGMOID_BACKWARD, TANH_BACKWARD -> CHEAP;
      case FLOOR_DIVIDE,
          TRUNC_DIVIDE,
          REMAINDER,
          FMOD,
          SILU_BACKWARD,
          GELU_BACKWARD,
          GELU_TANH_BACKWARD ->
          MEDIUM;
      case POW, ATAN2 -> COSTLY;
    };
  }
}
