package dev.chagres.tensor;

import dev.chagres.core.DType;

/**
 * Java numbers among tensors. They are weak: they choose the kind of a result (integer or
 * floating), never its width.
 */
final class Scalars {
  private Scalars() {}

  static boolean isFloating(Number value) {
    if (value instanceof Double || value instanceof Float) {
      return true;
    }
    if (value instanceof Integer
        || value instanceof Long
        || value instanceof Short
        || value instanceof Byte) {
      return false;
    }
    throw new IllegalArgumentException(
        "number: a scalar is an int, long, short, byte, float or double, not a "
            + value.getClass().getName());
  }

  /** Returns the dtype that a number alone would get: int64 or float32. */
  static DType defaultType(Number value) {
    return isFloating(value) ? DType.FLOAT32 : DType.INT64;
  }

  /**
   * Checks that a dtype can hold a number that is to be stored in it, as PyTorch does: an integer
   * dtype its range (a negative number may wrap into an unsigned one), a floating dtype that of
   * float32 or float64. Infinities and NaN are floating values like others.
   */
  static Number fitting(String operation, Number value, DType dtype) {
    boolean fits =
        switch (dtype.kind()) {
          case BOOL -> true;
          case INTEGER ->
              isFloating(value)
                  ? holds(dtype, value.doubleValue())
                  : holds(dtype, value.longValue());
          case FLOATING -> dtype == DType.FLOAT64 || fitsFloat(value.doubleValue());
        };
    if (!fits) {
      throw new IllegalArgumentException(operation + ": " + value + " does not fit in " + dtype);
    }
    return value;
  }

  /**
   * Tells whether a dtype can hold all numbers of another one, in the sense of {@link #fitting}.
   */
  static boolean fitsAlways(DType from, DType to) {
    return from == to
        || switch (to.kind()) {
          case BOOL -> true;
          case INTEGER -> from == DType.BOOL;
          case FLOATING -> to == DType.FLOAT64 || from != DType.FLOAT64;
        };
  }

  /** The least integer of a dtype. */
  static long least(DType dtype) {
    return dtype == DType.UINT8 ? 0 : -1L << (dtype.size() * 8 - 1);
  }

  private static boolean fitsFloat(double value) {
    return !Double.isFinite(value) || Math.abs(value) <= Float.MAX_VALUE;
  }

  private static boolean holds(DType dtype, double value) {
    double half = Math.scalb(1.0, dtype.size() * 8 - 1);
    return switch (dtype) {
      case UINT8 -> value >= 0 && value <= 2 * half - 1;
      case INT64 -> value >= -half && value < half;
      default -> value >= -half && value <= half - 1;
    };
  }

  private static boolean holds(DType dtype, long value) {
    if (dtype == DType.INT64) {
      return true;
    }
    long high = dtype == DType.UINT8 ? 255 : (1L << (dtype.size() * 8 - 1)) - 1;
    return value <= high && value >= (dtype == DType.UINT8 ? -high : -high - 1);
  }
}
