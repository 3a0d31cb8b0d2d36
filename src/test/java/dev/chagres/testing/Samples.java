package dev.chagres.testing;

import dev.chagres.core.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Values to try operations on. */
final class Samples {
  /** Lengths at which vector loops, their tails and the split over threads begin and end. */
  static final long[] LENGTHS = {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 65, 1000, 70_001};

  /** Shapes for memory layouts: no, one and many dimensions, sizes of 0 and 1 among them. */
  static final long[][] SHAPES = {
    {},
    {1},
    {0},
    {7},
    {2, 3},
    {1, 5},
    {5, 1},
    {0, 3},
    {3, 0, 2},
    {2, 3, 4},
    {2, 1, 3},
    {3, 2, 1, 5},
    {40, 33}
  };

  private Samples() {}

  /** Awkward numbers of a floating dtype: not numbers, infinite, zero, denormal, ties, extremes. */
  static double[] awkward(DType dtype) {
    double least = Floats.least(dtype);
    double normal = Floats.leastNormal(dtype);
    double greatest = Floats.greatest(dtype);
    double[] positive = {
      0,
      least,
      3 * least,
      normal - least,
      normal,
      greatest,
      Double.POSITIVE_INFINITY,
      1,
      0.5,
      1.5,
      2.5,
      2,
      3,
      4,
      10
    };
    double[] all = new double[2 * positive.length + 1];
    for (int i = 0; i < positive.length; i++) {
      all[2 * i] = Floats.round(dtype, positive[i]);
      all[2 * i + 1] = -all[2 * i];
    }
    all[all.length - 1] = Double.NaN;
    return all;
  }

  /** Awkward numbers and many others, of all sizes. */
  static double[] reals(DType dtype) {
    Random random = new Random(42);
    List<Double> values = new ArrayList<>();
    for (double value : awkward(dtype)) {
      values.add(value);
    }
    double[] more = {
      0.999,
      3.7,
      20.5,
      88.5,
      103,
      Math.PI / 2,
      Math.PI,
      12345.678,
      1e-3,
      1e-6,
      1e-20,
      1e6,
      1e10,
      1e20,
      1e30
    };
    for (double value : more) {
      values.add(value);
      values.add(-value);
    }
    int range = dtype == DType.FLOAT64 ? 600 : dtype == DType.FLOAT16 ? 12 : 80;
    for (int i = 0; i < 220; i++) {
      values.add(random.nextDouble(-6, 6));
      values.add(random.nextDouble(-1, 1));
      values.add((random.nextBoolean() ? 1 : -1) * Math.pow(2, random.nextDouble(-range, range)));
    }
    return values.stream().mapToDouble(v -> Floats.round(dtype, v)).toArray();
  }

  /** Integers of a dtype, its ends among them. */
  static long[] integers(DType dtype) {
    if (dtype == DType.BOOL) {
      return new long[] {0, 1};
    }
    long greatest =
        dtype == DType.UINT8 ? 255 : Long.MAX_VALUE >>> (Long.SIZE - Byte.SIZE * dtype.size());
    long least = dtype == DType.UINT8 ? 0 : -greatest - 1;
    long[] some = {
      0,
      1,
      2,
      3,
      5,
      7,
      42,
      100,
      127,
      -1,
      -2,
      -3,
      -7,
      -100,
      -128,
      least,
      least + 1,
      greatest,
      greatest - 1
    };
    return Arrays.stream(some).map(v -> Cells.wrap(dtype, v)).distinct().toArray();
  }

  /** Tame numbers for the cells where layouts or sizes are at stake and not the values. */
  static double[] tame(int count, int seed) {
    Random random = new Random(seed);
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = Math.rint(random.nextDouble(-4, 4) * 64) / 64 + 1.0 / 256;
    }
    return values;
  }

  /** Tame integers. */
  static long[] tameIntegers(DType dtype, int count, int seed) {
    Random random = new Random(seed);
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      values[i] = Cells.wrap(dtype, random.nextInt(19) - 9);
    }
    return values;
  }
}
