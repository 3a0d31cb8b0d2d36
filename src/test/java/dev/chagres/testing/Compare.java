package dev.chagres.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.function.Supplier;

/** How results are compared with what was expected, with messages that say where they differ. */
final class Compare {
  private Compare() {}

  /**
   * The rounding errors that one elementwise operation may make, in steps of the dtype. float32 has
   * the library's promise of 2. The references for float64 err by some steps themselves. The half
   * types are computed in float32 and rounded once.
   */
  static int ulps(DType dtype) {
    return switch (dtype) {
      case FLOAT64 -> 4;
      case FLOAT32 -> 2;
      default -> 1;
    };
  }

  /** Checks one number against its meaning, which has not been rounded to the dtype. */
  static void close(DType dtype, double meaning, double got, double slack, Supplier<String> where) {
    if (!isClose(
        dtype, meaning, got, ulps(dtype) * Floats.ulp(dtype, finite(dtype, meaning)), slack)) {
      fail(
          where.get()
              + ": expected "
              + Floats.round(dtype, meaning)
              + ", got "
              + got
              + " ("
              + dtype
              + ", off by "
              + Floats.distance(Floats.round(dtype, meaning), got)
                  / Floats.ulp(dtype, finite(dtype, meaning))
              + " ulp)");
    }
  }

  private static double finite(DType dtype, double value) {
    return Double.isFinite(value) ? Math.min(Math.abs(value), Floats.greatest(dtype)) : 0;
  }

  static boolean isClose(DType dtype, double meaning, double got, double step, double slack) {
    double expected = Floats.round(dtype, meaning);
    if (Floats.same(expected, got)) {
      return true;
    }
    if (Double.isNaN(expected) || Double.isNaN(got)) {
      return false;
    }
    if (expected == 0 && got == 0) {
      return slack > 0;
    }
    if (Double.isInfinite(expected) || Double.isInfinite(got)) {
      // Just below or above the greatest number.
      double limit = Floats.greatest(dtype);
      return Double.isFinite(meaning)
          && Math.signum(meaning) == Math.signum(got)
          && Math.abs(Math.min(Math.abs(meaning), 2 * limit) - limit) <= step + slack;
    }
    return Floats.distance(expected, got) <= step + slack;
  }

  static void meta(Tensor tensor, DType dtype, Shape shape, Supplier<String> where) {
    assertEquals(dtype, tensor.dtype(), () -> where.get() + ": dtype");
    assertEquals(shape, tensor.shape(), () -> where.get() + ": shape");
  }

  /** Checks that two tensors have the same bits (two NaNs need not). */
  static void identical(Tensor expected, Tensor got, Supplier<String> where) {
    meta(got, expected.dtype(), expected.shape(), where);
    long[] a = Cells.bits(expected);
    long[] b = Cells.bits(got);
    if (Arrays.equals(a, b)) {
      return;
    }
    for (int i = 0; i < a.length; i++) {
      if (a[i] != b[i]) {
        double x = Cells.doubles(expected)[i];
        double y = Cells.doubles(got)[i];
        boolean nans = Double.isNaN(x) && Double.isNaN(y);
        int at = i;
        assertTrue(nans, () -> where.get() + ": element " + at + ": expected " + x + ", got " + y);
      }
    }
  }

  /** Checks that a tensor's elements still have these bits. */
  static void untouched(long[] before, Tensor tensor, Supplier<String> where) {
    assertTrue(
        Arrays.equals(before, Cells.bits(tensor)), () -> where.get() + ": an operand was changed");
  }
}
