package dev.chagres.tensor;

import dev.chagres.core.DType;

/**
 * The integers from {@code low} (inclusive) to {@code high} (exclusive) that a random tensor of
 * some dtype may hold.
 */
record IntegerRange(long low, long high) {
  /**
   * Narrows a range as PyTorch does: in a floating dtype an end that is rounded outwards is moved
   * inwards, to the next number of the dtype.
   *
   * @throws IllegalArgumentException if there is no integer in it, or the dtype ends before
   */
  static IntegerRange of(String name, DType dtype, long low, long high) {
    check(name, low, high);
    if (dtype.isFloating()) {
      return floating(name, dtype, low, high);
    }
    long most = dtype == DType.INT64 ? Long.MAX_VALUE : power(dtype) - 1;
    long least = dtype == DType.BOOL || dtype == DType.UINT8 ? 0 : -most - 1;
    if (low < least || high - 1 > most) {
      throw outside(name, dtype, low, high, " from " + least + " to " + most);
    }
    return new IntegerRange(low, high);
  }

  /**
   * Checks that a dtype, not bool, holds all integers from 0 to one.
   *
   * @throws IllegalArgumentException if it does not
   */
  static void checkHeld(String name, DType dtype, long most) {
    if (dtype != DType.INT64 && most > power(dtype) - (dtype.isFloating() ? 0 : 1)) {
      throw outside(name, dtype, 0, most + 1, " from 0 to " + power(dtype));
    }
  }

  private static void check(String name, long low, long high) {
    if (low >= high) {
      throw new IllegalArgumentException(
          name
              + ": there is no integer from "
              + low
              + " to before "
              + high
              + (name.equals("randint")
                  ? "; both ends come before the sizes, as in randint(0, 10, 2, 3) for shape (2, 3)"
                  : ""));
    }
  }

  private static IllegalArgumentException outside(
      String name, DType dtype, long low, long high, String has) {
    return new IllegalArgumentException(
        name
            + ": "
            + dtype
            + " has integers"
            + has
            + ", not all from "
            + low
            + " to before "
            + high);
  }

  private static IntegerRange floating(String name, DType dtype, long low, long high) {
    long from = low;
    long next = stored(dtype, low + 1);
    if (next < low) {
      from = next + step(dtype, low + 1);
    }
    long to = high;
    long last = stored(dtype, high - 1);
    if (last >= high) {
      to = last - step(dtype, high - 1);
    }
    check(name, from, to);
    if (dtype == DType.FLOAT16 && (from < -65504 || to - 1 > 65504)) {
      throw outside(name, dtype, low, high, " from -65504 to 65504");
    }
    return new IntegerRange(from, to);
  }

  /** The integer that a dtype makes of one. */
  private static long stored(DType dtype, long value) {
    boolean exact = Math.abs(value) >= 0 && Math.abs(value) <= power(dtype);
    return exact
        ? value
        : Creation.scalar("randint", value, Scalars.defaultType(value))
            .to(dtype)
            .to(DType.INT64)
            .itemLong();
  }

  /** How far apart the numbers of a floating dtype are at a value that it rounded. */
  private static long step(DType dtype, long value) {
    int digits = Long.numberOfTrailingZeros(power(dtype));
    return 1L << (63 - Long.numberOfLeadingZeros(Math.abs(value)) - digits + 1);
  }

  /** The power of two up to which, or in an integer dtype before which, it holds all integers. */
  private static long power(DType dtype) {
    return switch (dtype) {
      case BOOL -> 2;
      case UINT8, BFLOAT16 -> 1L << 8;
      case INT8 -> 1L << 7;
      case INT16 -> 1L << 15;
      case INT32 -> 1L << 31;
      case INT64 -> throw new IllegalArgumentException("2^63 is no long");
      case FLOAT16 -> 1L << 11;
      case FLOAT32 -> 1L << 24;
      case FLOAT64 -> 1L << 53;
    };
  }
}
