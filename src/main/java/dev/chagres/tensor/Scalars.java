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

  /** Checks that an integer dtype can hold a number, as PyTorch does before it computes with it. */
  static Number checked(String operation, Number value, DType dtype) {
    if (dtype.isInteger() && dtype != DType.INT64) {
      long bits = dtype.size() * 8L;
      boolean unsigned = dtype == DType.UINT8;
      long low = unsigned ? 0 : -(1L << (bits - 1));
      long high = unsigned ? (1L << bits) - 1 : (1L << (bits - 1)) - 1;
      double number = value.doubleValue();
      // PyTorch lets a negative number wrap into an unsigned type
      if (number > high || number < (unsigned ? -high : low)) {
        throw new IllegalArgumentException(operation + ": " + value + " does not fit in " + dtype);
      }
    }
    return value;
  }
}
