package dev.chagres.testing;

import dev.chagres.core.DType;
import java.math.BigDecimal;

/**
 * The floating dtypes as sets of numbers: rounding to them, and distances counted in their steps.
 */
public final class Floats {
  private Floats() {}

  /** Returns the nearest number of the dtype, as a double; halves go to the even one. */
  public static double round(DType dtype, double value) {
    return switch (dtype) {
      case FLOAT64 -> value;
      case FLOAT32 -> (float) value;
      case FLOAT16 -> Float.float16ToFloat(half(value));
      case BFLOAT16 -> Float.intBitsToFloat(brain(value) << Short.SIZE);
      default -> throw new IllegalArgumentException(dtype + " is not a floating type");
    };
  }

  /** Returns the distance of the dtype's neighbouring numbers around a finite value. */
  public static double ulp(DType dtype, double value) {
    int digits =
        switch (dtype) {
          case FLOAT64 -> 52;
          case FLOAT32 -> 23;
          case FLOAT16 -> 10;
          case BFLOAT16 -> 7;
          default -> throw new IllegalArgumentException(dtype + " is not a floating type");
        };
    int lowest = dtype == DType.FLOAT64 ? -1022 : dtype == DType.FLOAT16 ? -14 : -126;
    int exponent = Math.max(lowest, Math.getExponent(value));
    return Math.scalb(1.0, exponent - digits);
  }

  static double greatest(DType dtype) {
    return switch (dtype) {
      case FLOAT64 -> Double.MAX_VALUE;
      case FLOAT32 -> Float.MAX_VALUE;
      case FLOAT16 -> 65504;
      case BFLOAT16 -> Float.intBitsToFloat(0x7f7f0000);
      default -> throw new IllegalArgumentException(dtype + " is not a floating type");
    };
  }

  /** The least positive number, a denormal one. */
  static double least(DType dtype) {
    return ulp(dtype, 0);
  }

  /** The least positive number that is not denormal. */
  static double leastNormal(DType dtype) {
    return Math.scalb(1.0, dtype == DType.FLOAT64 ? -1022 : dtype == DType.FLOAT16 ? -14 : -126);
  }

  /**
   * The bits of the nearest float16. Rounding to float first and then to float16 could round twice:
   * the first rounding is therefore to odd, which cannot disturb the second.
   */
  static short half(double value) {
    return Float.floatToFloat16(roundedToOdd(value));
  }

  /** The bits of the nearest bfloat16. */
  static short brain(double value) {
    float odd = roundedToOdd(value);
    int bits = Float.floatToRawIntBits(odd);
    if (Float.isNaN(odd)) {
      return (short) (bits >>> Short.SIZE | 0x40);
    }
    int even = bits >>> Short.SIZE & 1;
    return (short) (bits + 0x7fff + even >>> Short.SIZE);
  }

  private static float roundedToOdd(double value) {
    float near = (float) value;
    if (near == value || Double.isNaN(value) || Double.isInfinite(value)) {
      return near;
    }
    if (Float.isInfinite(near)) {
      return Math.copySign(Float.MAX_VALUE, near);
    }
    int bits = Float.floatToRawIntBits(near);
    if ((bits & 1) != 0) {
      return near;
    }
    boolean away = Math.abs(near) < Math.abs(value);
    return Float.intBitsToFloat(away ? bits + 1 : bits - 1);
  }

  /** Returns whether two numbers are the same, a NaN the same as any NaN and 0 not as -0. */
  static boolean same(double a, double b) {
    return Double.isNaN(a)
        ? Double.isNaN(b)
        : Double.doubleToRawLongBits(a) == Double.doubleToRawLongBits(b);
  }

  /** Returns the exact difference, also where subtracting would overflow. */
  static double distance(double a, double b) {
    double difference = Math.abs(a - b);
    return Double.isInfinite(difference) && Double.isFinite(a) && Double.isFinite(b)
        ? new BigDecimal(a).subtract(new BigDecimal(b)).abs().doubleValue()
        : difference;
  }
}
