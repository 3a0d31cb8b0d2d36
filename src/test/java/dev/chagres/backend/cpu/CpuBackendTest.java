package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.backend.Backend;
import dev.chagres.backend.Backend.Store;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Strided;
import dev.chagres.backend.UnaryOp;
import dev.chagres.backend.cpu.TestArrays.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.SgdStep;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every operation against a loop in plain Java, in every layout, below and above the sizes that
 * several threads share.
 */
class CpuBackendTest {
  private static final Shape[] SHAPES = {
    Shape.of(),
    Shape.of(1),
    Shape.of(7),
    Shape.of(3, 5),
    Shape.of(4, 1, 6),
    Shape.of(2, 3, 4, 5),
    Shape.of(0, 3)
  };

  private final CpuBackend backend = new CpuBackend(new WorkerTeam(3));
  private final Random random = new Random(20251121);

  @Test
  void elementwiseOperationsTakeEveryLayout() {
    for (Shape shape : SHAPES) {
      for (Form formA : Form.values()) {
        for (Form formB : Form.values()) {
          for (Form formY : new Form[] {Form.CONTIGUOUS, Form.TRANSPOSED, Form.SLICED}) {
            for (DType dtype : new DType[] {DType.FLOAT32, DType.INT64, DType.INT16}) {
              Strided a = TestArrays.random(random, dtype, shape, formA);
              Strided b = TestArrays.random(random, dtype, shape, formB);
              Strided y = TestArrays.uninitialised(dtype, shape, formY);
              backend.binary(BinaryOp.SUB, a, b, y);
              TestArrays.forEach(
                  shape,
                  i ->
                      assertEquals(
                          TestArrays.get(a, i) - TestArrays.get(b, i), TestArrays.get(y, i)));
              backend.unary(UnaryOp.SQUARE, a, y);
              TestArrays.forEach(
                  shape,
                  i ->
                      assertEquals(
                          TestArrays.get(a, i) * TestArrays.get(a, i), TestArrays.get(y, i)));
              Strided less = TestArrays.uninitialised(DType.BOOL, shape, formY);
              backend.binary(BinaryOp.LT, a, b, less);
              backend.where(less, a, b, y);
              TestArrays.forEach(
                  shape,
                  i ->
                      assertEquals(
                          Math.min(TestArrays.get(a, i), TestArrays.get(b, i)),
                          TestArrays.get(y, i)));
            }
          }
        }
      }
    }
  }

  @Test
  void copiesCastAndReorder() {
    for (Shape shape : SHAPES) {
      for (DType from : DType.values()) {
        for (DType to : DType.values()) {
          for (Form form : Form.values()) {
            Strided x = TestArrays.random(random, from, shape, form);
            Strided y = TestArrays.uninitialised(to, shape, Form.TRANSPOSED);
            backend.copy(x, y);
            TestArrays.forEach(
                shape,
                i -> {
                  double value = TestArrays.get(x, i);
                  double expected =
                      switch (to) {
                        case BOOL -> value != 0 ? 1 : 0;
                        case UINT8 -> (byte) value & 0xFF;
                        case INT8, INT16, INT32, INT64 -> (long) value;
                        case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 -> value;
                      };
                  boolean undefined = to == DType.UINT8 && value < 0 && from.isFloating();
                  if (!undefined) {
                    assertEquals(expected, TestArrays.get(y, i), from + " to " + to);
                  }
                });
          }
        }
      }
    }
  }

  @Test
  void largeOperandsAreShared() {
    long rows = 700;
    long columns = 911;
    Strided a = TestArrays.random(random, DType.FLOAT32, rows, columns);
    Strided b = TestArrays.random(random, DType.FLOAT32, Shape.of(rows, columns), Form.TRANSPOSED);
    Strided row = TestArrays.random(random, DType.FLOAT32, 1, columns);
    Strided y = TestArrays.empty(DType.FLOAT32, rows, columns);
    backend.binary(BinaryOp.ADD, a, a, y);
    TestArrays.forEach(
        y.shape(), i -> assertEquals(2 * TestArrays.get(a, i), TestArrays.get(y, i)));
    backend.binary(BinaryOp.MUL, a, b, y);
    TestArrays.forEach(
        y.shape(),
        i -> assertEquals(TestArrays.get(a, i) * TestArrays.get(b, i), TestArrays.get(y, i)));
    backend.binary(BinaryOp.ADD, a, row.with(row.layout().expand(y.shape())), y);
    TestArrays.forEach(
        y.shape(),
        i ->
            assertEquals(
                TestArrays.get(a, i) + TestArrays.get(row, 0, i[1]), TestArrays.get(y, i)));
    backend.copy(b, y);
    TestArrays.forEach(y.shape(), i -> assertEquals(TestArrays.get(b, i), TestArrays.get(y, i)));
    backend.unary(UnaryOp.RELU, y, y);
    TestArrays.forEach(
        y.shape(), i -> assertEquals(Math.max(0, TestArrays.get(b, i)), TestArrays.get(y, i)));
  }

  @Test
  void aZeroDivisorLeavesTheResultAsItWas() {
    Strided a = TestArrays.of(DType.INT32, Shape.of(3), 7, 8, 9);
    Strided b = TestArrays.of(DType.INT32, Shape.of(3), 2, 0, 2);
    assertThrows(ArithmeticException.class, () -> backend.binary(BinaryOp.FLOOR_DIVIDE, a, b, a));
    assertArrayEquals(new double[] {7, 8, 9}, TestArrays.values(a));
    TestArrays.set(b, -2, 1);
    backend.binary(BinaryOp.FLOOR_DIVIDE, a, b, a);
    assertArrayEquals(new double[] {3, -4, 4}, TestArrays.values(a));
  }

  @Test
  void progressionsContinueAcrossParts() {
    Strided y = TestArrays.empty(DType.FLOAT64, 600_001);
    backend.arange(new Backend.Progression(-3, 0.25, 0, 0, 0), y);
    for (long i : new long[] {0, 1, 262_143, 262_144, 600_000}) {
      assertEquals(-3 + 0.25 * i, TestArrays.get(y, i));
    }
    Strided whole = TestArrays.empty(DType.INT64, 5);
    backend.arange(new Backend.Progression(0, 0, 10, -3, 0), whole);
    assertArrayEquals(new double[] {10, 7, 4, 1, -2}, TestArrays.values(whole));
  }

  // ---- reductions

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
          backend.reduce(op, x, 0, y);
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
    backend.moments(x, mean, squares);
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
          backend.reduce(op, x, dim, y);
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
    backend.reduce(ReduceOp.SUM, x, 0, y);
    assertEquals(sum, TestArrays.get(y, 0), sum * 1e-6);
    Strided alone = TestArrays.empty(DType.FLOAT32, 1);
    new CpuBackend(new WorkerTeam(1)).reduce(ReduceOp.SUM, x, 0, alone);
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
    backend.reduce(ReduceOp.SUM, x, 0, y);
    assertArrayEquals(down, TestArrays.values(y), 1e-6);
    Strided z = TestArrays.empty(DType.FLOAT64, outer, 1);
    backend.reduce(ReduceOp.SUM, x, 0, z);
    assertArrayEquals(across, TestArrays.values(z), 1e-6);
    Strided position = TestArrays.empty(DType.INT64, 1, inner);
    backend.reduce(ReduceOp.ARGMAX, x, 0, position);
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
    backend.reduce(ReduceOp.SUM, nothing, 0, y);
    assertArrayEquals(new double[] {0, 0, 0}, TestArrays.values(y));
    backend.reduce(ReduceOp.PROD, nothing, 0, y);
    assertArrayEquals(new double[] {1, 1, 1}, TestArrays.values(y));
  }

  @Test
  void sixteenBitSumsAreRoundedOnce() {
    Strided x = TestArrays.empty(DType.BFLOAT16, 40, 40);
    TestArrays.forEach(x.shape(), i -> TestArrays.set(x, 1, i));
    Strided y = TestArrays.empty(DType.BFLOAT16, 1, 1);
    backend.reduce(ReduceOp.SUM, x, 0, y);
    assertEquals(1600, TestArrays.get(y, 0, 0));
  }

  // ---- indexing

  @Test
  void slicesAreTakenAndPutBack() {
    Strided x = TestArrays.random(random, DType.FLOAT32, 3, 5, 2);
    Strided index = TestArrays.of(DType.INT64, Shape.of(4), 4, 0, -1, 2);
    Strided y = TestArrays.empty(DType.FLOAT32, 3, 4, 2);
    backend.indexSelect(x, 1, index, y);
    TestArrays.forEach(
        y.shape(),
        i -> {
          long from = Math.floorMod((long) TestArrays.get(index, i[1]), 5L);
          assertEquals(TestArrays.get(x, i[0], from, i[2]), TestArrays.get(y, i));
        });
    Strided target = TestArrays.empty(DType.FLOAT32, 3, 5, 2);
    TestArrays.forEach(target.shape(), i -> TestArrays.set(target, 0, i));
    backend.indexPut(Store.ADD, y, 1, index, target);
    TestArrays.forEach(
        target.shape(),
        i -> {
          double times = i[1] == 4 ? 2 : i[1] == 0 || i[1] == 2 ? 1 : 0;
          assertEquals(times == 0 ? 0 : times * TestArrays.get(x, i), TestArrays.get(target, i));
        });
    TestArrays.set(index, 5, 3);
    var e =
        assertThrows(IndexOutOfBoundsException.class, () -> backend.indexSelect(x, 1, index, y));
    assertEquals("indexSelect: index 5 is out of range for a dimension of size 5", e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void largeSelectionsAreSharedAndCheckedFirst(int dim) {
    Strided x =
        dim == 0
            ? TestArrays.random(random, DType.FLOAT32, 300, 64)
            : TestArrays.random(random, DType.FLOAT32, 64, 300, 16);
    int count = dim == 0 ? 8000 : 600;
    Strided index = TestArrays.empty(DType.INT64, count);
    for (long i = 0; i < count; i++) {
      TestArrays.set(index, random.nextInt(-300, 300), i);
    }
    Strided y =
        dim == 0
            ? TestArrays.empty(DType.FLOAT32, count, 64)
            : TestArrays.empty(DType.FLOAT32, 64, count, 16);
    backend.indexSelect(x, dim, index, y);
    TestArrays.forEach(
        y.shape(),
        i -> {
          long[] at = i.clone();
          at[dim] = Math.floorMod((long) TestArrays.get(index, i[dim]), 300L);
          assertEquals(TestArrays.get(x, at), TestArrays.get(y, i));
        });
    double[] before = TestArrays.values(y);
    TestArrays.set(index, -301, count - 1);
    TestArrays.set(index, 0, 0);
    assertThrows(IndexOutOfBoundsException.class, () -> backend.indexSelect(x, dim, index, y));
    assertArrayEquals(before, TestArrays.values(y));
  }

  @Test
  void gatherAndScatterTakeEveryLayout() {
    for (Form form : Form.values()) {
      for (int dim = 0; dim < 3; dim++) {
        int axis = dim;
        Strided x = TestArrays.random(random, DType.FLOAT64, Shape.of(3, 4, 5), form);
        Shape shape = Shape.of(2, 3, 2);
        Strided index = TestArrays.uninitialised(DType.INT64, shape, form);
        TestArrays.forEach(shape, i -> TestArrays.set(index, random.nextInt(-3, 3), i));
        Strided y = TestArrays.uninitialised(DType.FLOAT64, shape, Form.SLICED);
        backend.gather(x, dim, index, y);
        TestArrays.forEach(
            shape,
            i -> {
              long[] at = i.clone();
              at[axis] = Math.floorMod((long) TestArrays.get(index, i), x.shape().size(axis));
              assertEquals(TestArrays.get(x, at), TestArrays.get(y, i));
            });
        Strided sum = TestArrays.random(random, DType.FLOAT64, Shape.of(3, 4, 5), Form.TRANSPOSED);
        Strided expected = TestArrays.empty(DType.FLOAT64, 3, 4, 5);
        backend.copy(sum, expected);
        TestArrays.forEach(
            shape,
            i -> {
              long[] at = i.clone();
              at[axis] = Math.floorMod((long) TestArrays.get(index, i), sum.shape().size(axis));
              TestArrays.set(expected, TestArrays.get(expected, at) + TestArrays.get(y, i), at);
            });
        backend.scatter(Store.ADD, y, dim, index, sum);
        assertArrayEquals(TestArrays.values(expected), TestArrays.values(sum), 1e-12);
      }
    }
  }

  @Test
  void trueElementsAreCountedAndLocated() {
    Strided mask = TestArrays.of(DType.BOOL, Shape.of(6), 1, 0, 0, 1, 1, 0);
    assertEquals(3, backend.countTrue(mask));
    Strided positions = TestArrays.empty(DType.INT64, 3);
    backend.positions(mask, positions);
    assertArrayEquals(new double[] {0, 3, 4}, TestArrays.values(positions));
  }

  // ---- softmax

  @ParameterizedTest
  @EnumSource(Backend.Softmax.class)
  void softmaxAndItsGradient(Backend.Softmax kind) {
    for (long[] sizes : new long[][] {{5}, {3, 4}, {2, 3, 4}, {900, 300}}) {
      for (int dim = 0; dim < sizes.length; dim++) {
        int axis = dim;
        Strided x = TestArrays.random(random, DType.FLOAT64, sizes);
        Strided y = TestArrays.empty(DType.FLOAT64, sizes);
        backend.softmax(kind, x, dim, y);
        Strided g = TestArrays.random(random, DType.FLOAT64, sizes);
        Strided gx = TestArrays.empty(DType.FLOAT64, sizes);
        backend.softmaxBackward(kind, g, y, dim, gx);
        TestArrays.forEach(
            x.shape().with(dim, 1),
            i -> {
              long n = x.shape().size(axis);
              long[] at = i.clone();
              double total = 0;
              double dot = 0;
              for (at[axis] = 0; at[axis] < n; at[axis]++) {
                total += Math.exp(TestArrays.get(x, at));
              }
              boolean logarithm = kind == Backend.Softmax.LOGARITHM;
              for (at[axis] = 0; at[axis] < n; at[axis]++) {
                double p = Math.exp(TestArrays.get(x, at)) / total;
                assertEquals(logarithm ? Math.log(p) : p, TestArrays.get(y, at), 1e-12);
                dot += TestArrays.get(g, at) * (logarithm ? 1 : p);
              }
              for (at[axis] = 0; at[axis] < n; at[axis]++) {
                double p = Math.exp(TestArrays.get(x, at)) / total;
                double expected =
                    logarithm ? TestArrays.get(g, at) - p * dot : p * (TestArrays.get(g, at) - dot);
                assertEquals(expected, TestArrays.get(gx, at), 1e-9);
              }
            });
      }
    }
  }

  // ---- optimizer steps, constants, random numbers

  @Test
  void optimizerStepsFollowTheirFormulas() {
    long n = 200_001;
    Strided p = TestArrays.random(random, DType.FLOAT64, n);
    Strided g = TestArrays.random(random, DType.FLOAT64, n);
    Strided m = TestArrays.random(random, DType.FLOAT64, n);
    double[] before = TestArrays.values(p);
    double[] buffer = TestArrays.values(m);
    backend.sgdStep(new SgdStep(0.1, 0.9, 0.25, 0.01, 2, true, false), p, g, m);
    for (int i : new int[] {0, 1, 65_536, 200_000}) {
      double gradient = TestArrays.get(g, i) + 0.01 * before[i];
      double held = 0.9 * buffer[i] + 0.75 * gradient;
      assertEquals(held, TestArrays.get(m, i), 1e-12);
      assertEquals(before[i] - 0.1 * (gradient + 0.9 * held), TestArrays.get(p, i), 1e-12);
    }
    before = TestArrays.values(p);
    Strided average = TestArrays.random(random, DType.FLOAT64, n);
    Strided squares = TestArrays.of(DType.FLOAT64, Shape.of(n), new double[(int) n]);
    double[] first = TestArrays.values(average);
    backend.adamStep(
        new AdamStep(0.01, 0.9, 0.999, 1e-8, 0, AdamStep.Decay.IN_THE_GRADIENT, 1, false, false),
        p,
        g,
        average,
        squares);
    for (int i : new int[] {0, 1, 65_536, 200_000}) {
      double gradient = TestArrays.get(g, i);
      double mean = 0.9 * first[i] + 0.1 * gradient;
      double square = 0.001 * gradient * gradient;
      assertEquals(
          before[i] - 0.01 * (mean / 0.1) / (Math.sqrt(square / 0.001) + 1e-8),
          TestArrays.get(p, i),
          1e-9);
    }
  }

  @Test
  void constantsAreSharedAndExact() {
    Strided one = backend.constant(1, DType.FLOAT32);
    assertSame(one, backend.constant(1, DType.FLOAT32));
    assertNotSame(one, backend.constant(1, DType.FLOAT64));
    assertEquals(1, TestArrays.get(one));
    long large = (1L << 53) + 1;
    Strided exact = backend.constant(large, DType.INT64);
    assertEquals(large, exact.pointer().get(java.lang.foreign.ValueLayout.JAVA_LONG, 0));
    assertEquals(-0.0, TestArrays.get(backend.constant(-0.0, DType.FLOAT64)));
    assertEquals(2, TestArrays.get(backend.constant(2.75, DType.INT32)));
    assertEquals(1, TestArrays.get(backend.constant(0.5, DType.BOOL)));
    for (int i = 0; i < 5000; i++) {
      assertEquals(i / 8.0, TestArrays.get(backend.constant(i / 8.0, DType.FLOAT64)));
    }
  }

  @Test
  void aSeedRepeatsTheStream() {
    var generator = backend.generator(42);
    Strided first = TestArrays.empty(DType.FLOAT32, 40);
    Strided again = TestArrays.empty(DType.FLOAT32, 40);
    backend.normal(generator, 0, 1, first);
    backend.seed(generator, 42);
    backend.normal(generator, 0, 1, again);
    assertArrayEquals(TestArrays.values(first), TestArrays.values(again));
    Strided order = TestArrays.empty(DType.INT64, 50);
    backend.permutation(generator, order);
    double[] sorted = TestArrays.values(order);
    Arrays.sort(sorted);
    for (int i = 0; i < 50; i++) {
      assertEquals(i, sorted[i]);
    }
  }
}
