package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.chagres.backend.Backend;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Strided;
import dev.chagres.backend.cpu.TestArrays.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Reductions against a loop in plain Java, in every layout, below and above the sizes that several
 * threads share.
 */
class CpuReductionsTest {
  private final Backend backend = CpuBackend.on(new WorkerTeam(3));
  private final Random random = new Random(20251121);

  private static double start(ReduceOp op) {
    return switch (op) {
      case SUM, ANY, SUM_SQUARES, SUM_MAGNITUDES -> 0;
      case PROD, ALL -> 1;
      case MAX, ARGMAX -> Double.NEGATIVE_INFINITY;
      case MIN, ARGMIN -> Double.POSITIVE_INFINITY;
    };
  }

  private static double combine(ReduceOp op, double a, double b) {
    return switch (op) {
      case SUM -> a + b;
      case PROD -> a * b;
      case MAX, ARGMAX -> Math.max(a, b);
      case MIN, ARGMIN -> Math.min(a, b);
      case ANY -> a + b > 0 ? 1 : 0;
      case ALL -> a * b;
      case SUM_SQUARES -> a + b * b;
      case SUM_MAGNITUDES -> a + Math.abs(b);
    };
  }

  private static Shape reduced(Shape shape, int axes) {
    long[] sizes = shape.toArray();
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = (axes >> i & 1) != 0 ? 1 : sizes[i];
    }
    return Shape.of(sizes);
  }

  private static long[] project(long[] index, Shape result) {
    long[] at = index.clone();
    for (int i = 0; i < at.length; i++) {
      at[i] = Math.min(at[i], result.size(i) - 1);
    }
    return at;
  }

  @ParameterizedTest
  @EnumSource(names = {"SUM", "PROD", "MAX", "MIN", "ANY", "ALL", "SUM_SQUARES", "SUM_MAGNITUDES"})
  void reductionsTakeEveryLayoutAndEverySetOfAxes(ReduceOp op) {
    DType dtype = op == ReduceOp.ANY || op == ReduceOp.ALL ? DType.BOOL : DType.FLOAT64;
    for (Shape shape :
        new Shape[] {
          Shape.of(), Shape.of(5), Shape.of(3, 4), Shape.of(2, 1, 3), Shape.of(2, 3, 2, 4)
        }) {
      for (Form form : Form.values()) {
        for (int axes = 0; axes < 1 << shape.dim(); axes++) {
          Strided x = TestArrays.random(random, dtype, shape, form);
          Shape result = reduced(shape, axes);
          Strided expected = Strided.allocate(result, DType.FLOAT64);
          TestArrays.forEach(result, i -> TestArrays.set(expected, start(op), i));
          TestArrays.forEach(
              shape,
              i -> {
                long[] at = project(i, result);
                TestArrays.set(
                    expected, combine(op, TestArrays.get(expected, at), TestArrays.get(x, i)), at);
              });
          Strided y = Strided.allocate(result, dtype);
          backend.reductions().reduce(op, x, 0, y);
          TestArrays.forEach(
              result,
              i -> {
                double value = TestArrays.get(expected, i);
                assertEquals(
                    value,
                    TestArrays.get(y, i),
                    1e-13 * Math.abs(value),
                    shape + " " + form + " " + result);
              });
        }
      }
    }
  }

  @Test
  void momentsTakeEveryLayoutAndEverySetOfAxes() {
    for (Shape shape :
        new Shape[] {Shape.of(), Shape.of(5), Shape.of(3, 4), Shape.of(2, 3, 2, 4)}) {
      for (Form form : Form.values()) {
        for (int axes = 0; axes < 1 << shape.dim(); axes++) {
          Strided x = TestArrays.random(random, DType.FLOAT32, shape, form);
          Shape result = reduced(shape, axes);
          checkMoments(x, result, shape + " " + form + " " + result);
        }
      }
    }
    // In parts and on several threads: one row, some columns, many columns, many rows.
    checkMoments(TestArrays.random(random, DType.FLOAT32, 300_007), Shape.of(1), "a row");
    checkMoments(TestArrays.random(random, DType.FLOAT64, 70_001, 5), Shape.of(1, 5), "columns");
    checkMoments(TestArrays.random(random, DType.FLOAT32, 40, 7001), Shape.of(1, 7001), "wide");
    checkMoments(TestArrays.random(random, DType.FLOAT32, 7001, 40), Shape.of(7001, 1), "rows");
  }

  private void checkMoments(Strided x, Shape result, String where) {
    Strided mean = Strided.allocate(result, DType.FLOAT64);
    Strided squares = Strided.allocate(result, DType.FLOAT64);
    backend.reductions().moments(x, mean, squares);
    double count = (double) x.numel() / result.numel();
    Strided sums = zeros(result);
    TestArrays.forEach(x.shape(), i -> add(sums, project(i, result), TestArrays.get(x, i) / count));
    Strided around = zeros(result);
    TestArrays.forEach(
        x.shape(),
        i -> {
          long[] at = project(i, result);
          double apart = TestArrays.get(x, i) - TestArrays.get(sums, at);
          add(around, at, apart * apart);
        });
    TestArrays.forEach(
        result,
        i -> {
          assertEquals(TestArrays.get(sums, i), TestArrays.get(mean, i), 1e-10, where);
          double expected = TestArrays.get(around, i);
          assertEquals(expected, TestArrays.get(squares, i), 1e-9 * Math.max(1, expected), where);
        });
  }

  private static Strided zeros(Shape shape) {
    Strided zeros = Strided.allocate(shape, DType.FLOAT64);
    TestArrays.forEach(shape, i -> TestArrays.set(zeros, 0, i));
    return zeros;
  }

  private static void add(Strided to, long[] at, double term) {
    TestArrays.set(to, TestArrays.get(to, at) + term, at);
  }

  @ParameterizedTest
  @EnumSource(names = {"ARGMAX", "ARGMIN"})
  void positionsAreOfTheFirst(ReduceOp op) {
    for (Shape shape :
        new Shape[] {Shape.of(6), Shape.of(3, 4), Shape.of(2, 1, 3), Shape.of(2, 3, 2, 4)}) {
      for (Form form : Form.values()) {
        for (int dim = 0; dim < shape.dim(); dim++) {
          int axis = dim;
          Strided x = TestArrays.random(random, DType.FLOAT32, shape, form);
          Strided y = Strided.allocate(shape.with(dim, 1), DType.INT64);
          backend.reductions().reduce(op, x, dim, y);
          TestArrays.forEach(
              y.shape(),
              i -> {
                long best = 0;
                long[] at = i.clone();
                for (long j = 0; j < shape.size(axis); j++) {
                  at[axis] = j;
                  double candidate = TestArrays.get(x, at);
                  at[axis] = best;
                  double held = TestArrays.get(x, at);
                  best = (op == ReduceOp.ARGMAX ? candidate > held : candidate < held) ? j : best;
                }
                assertEquals((double) best, TestArrays.get(y, i), shape + " " + form + " " + axis);
              });
        }
      }
    }
  }

  @Test
  void longRowsAreAccurateAndIndependentOfThreads() {
    long n = 1_000_003;
    Strided x = TestArrays.empty(DType.FLOAT32, n);
    double sum = 0;
    for (long i = 0; i < n; i++) {
      float value = random.nextFloat();
      TestArrays.set(x, value, i);
      sum += value;
    }
    Strided y = TestArrays.empty(DType.FLOAT32, 1);
    backend.reductions().reduce(ReduceOp.SUM, x, 0, y);
    assertEquals(sum, TestArrays.get(y, 0), sum * 1e-6);
    Strided alone = TestArrays.empty(DType.FLOAT32, 1);
    CpuBackend.on(new WorkerTeam(1)).reductions().reduce(ReduceOp.SUM, x, 0, alone);
    assertEquals(TestArrays.get(alone, 0), TestArrays.get(y, 0));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 3, 400, 70_000})
  void largeReductionsAgreeInEveryDirection(long inner) {
    long outer = 600_000 / inner;
    Strided x = TestArrays.random(random, DType.FLOAT64, outer, inner);
    double[] down = new double[(int) inner];
    double[] across = new double[(int) outer];
    TestArrays.forEach(
        x.shape(),
        i -> {
          down[(int) i[1]] += TestArrays.get(x, i);
          across[(int) i[0]] += TestArrays.get(x, i);
        });
    Strided y = TestArrays.empty(DType.FLOAT64, 1, inner);
    backend.reductions().reduce(ReduceOp.SUM, x, 0, y);
    assertArrayEquals(down, TestArrays.values(y), 1e-6);
    Strided z = TestArrays.empty(DType.FLOAT64, outer, 1);
    backend.reductions().reduce(ReduceOp.SUM, x, 0, z);
    assertArrayEquals(across, TestArrays.values(z), 1e-6);
    Strided position = TestArrays.empty(DType.INT64, 1, inner);
    backend.reductions().reduce(ReduceOp.ARGMAX, x, 0, position);
    for (long i = 0; i < Math.min(inner, 50); i++) {
      double best = Double.NEGATIVE_INFINITY;
      long at = 0;
      for (long j = 0; j < outer; j++) {
        if (TestArrays.get(x, j, i) > best) {
          best = TestArrays.get(x, j, i);
          at = j;
        }
      }
      assertEquals((double) at, TestArrays.get(position, 0, i));
    }
  }

  @Test
  void nothingReducesToTheNeutralElement() {
    Strided nothing = TestArrays.empty(DType.FLOAT32, 3, 0);
    Strided y = TestArrays.empty(DType.FLOAT32, 3, 1);
    backend.reductions().reduce(ReduceOp.SUM, nothing, 0, y);
    assertArrayEquals(new double[] {0, 0, 0}, TestArrays.values(y));
    backend.reductions().reduce(ReduceOp.PROD, nothing, 0, y);
    assertArrayEquals(new double[] {1, 1, 1}, TestArrays.values(y));
  }

  @Test
  void sixteenBitSumsAreRoundedOnce() {
    Strided x = TestArrays.empty(DType.BFLOAT16, 40, 40);
    TestArrays.forEach(x.shape(), i -> TestArrays.set(x, 1, i));
    Strided y = TestArrays.empty(DType.BFLOAT16, 1, 1);
    backend.reductions().reduce(ReduceOp.SUM, x, 0, y);
    assertEquals(1600, TestArrays.get(y, 0, 0));
  }
}
