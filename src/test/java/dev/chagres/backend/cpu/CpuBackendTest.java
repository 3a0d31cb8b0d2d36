package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.backend.Backend;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.ElementKernels.Progression;
import dev.chagres.backend.OptimizerKernels.Update;
import dev.chagres.backend.SoftmaxKernels.Softmax;
import dev.chagres.backend.Strided;
import dev.chagres.backend.UnaryOp;
import dev.chagres.backend.cpu.TestArrays.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.SgdStep;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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

  private final Backend backend = CpuBackend.on(new WorkerTeam(3));
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
              backend.elements().binary(BinaryOp.SUB, a, b, y);
              TestArrays.forEach(
                  shape,
                  i ->
                      assertEquals(
                          TestArrays.get(a, i) - TestArrays.get(b, i), TestArrays.get(y, i)));
              backend.elements().unary(UnaryOp.SQUARE, a, y);
              TestArrays.forEach(
                  shape,
                  i ->
                      assertEquals(
                          TestArrays.get(a, i) * TestArrays.get(a, i), TestArrays.get(y, i)));
              Strided less = TestArrays.uninitialised(DType.BOOL, shape, formY);
              backend.elements().binary(BinaryOp.LT, a, b, less);
              backend.elements().where(less, a, b, y);
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
            backend.elements().copy(x, y);
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
    backend.elements().binary(BinaryOp.ADD, a, a, y);
    TestArrays.forEach(
        y.shape(), i -> assertEquals(2 * TestArrays.get(a, i), TestArrays.get(y, i)));
    backend.elements().binary(BinaryOp.MUL, a, b, y);
    TestArrays.forEach(
        y.shape(),
        i -> assertEquals(TestArrays.get(a, i) * TestArrays.get(b, i), TestArrays.get(y, i)));
    backend.elements().binary(BinaryOp.ADD, a, row.with(row.layout().expand(y.shape())), y);
    TestArrays.forEach(
        y.shape(),
        i ->
            assertEquals(
                TestArrays.get(a, i) + TestArrays.get(row, 0, i[1]), TestArrays.get(y, i)));
    backend.elements().copy(b, y);
    TestArrays.forEach(y.shape(), i -> assertEquals(TestArrays.get(b, i), TestArrays.get(y, i)));
    backend.elements().unary(UnaryOp.RELU, y, y);
    TestArrays.forEach(
        y.shape(), i -> assertEquals(Math.max(0, TestArrays.get(b, i)), TestArrays.get(y, i)));
  }

  @Test
  void aZeroDivisorLeavesTheResultAsItWas() {
    Strided a = TestArrays.of(DType.INT32, Shape.of(3), 7, 8, 9);
    Strided b = TestArrays.of(DType.INT32, Shape.of(3), 2, 0, 2);
    assertThrows(
        ArithmeticException.class, () -> backend.elements().binary(BinaryOp.FLOOR_DIVIDE, a, b, a));
    assertArrayEquals(new double[] {7, 8, 9}, TestArrays.values(a));
    TestArrays.set(b, -2, 1);
    backend.elements().binary(BinaryOp.FLOOR_DIVIDE, a, b, a);
    assertArrayEquals(new double[] {3, -4, 4}, TestArrays.values(a));
  }

  @Test
  void progressionsContinueAcrossParts() {
    Strided y = TestArrays.empty(DType.FLOAT64, 600_001);
    backend.elements().arange(new Progression(-3, 0.25, 0, 0, 0), y);
    for (long i : new long[] {0, 1, 262_143, 262_144, 600_000}) {
      assertEquals(-3 + 0.25 * i, TestArrays.get(y, i));
    }
    Strided whole = TestArrays.empty(DType.INT64, 5);
    backend.elements().arange(new Progression(0, 0, 10, -3, 0), whole);
    assertArrayEquals(new double[] {10, 7, 4, 1, -2}, TestArrays.values(whole));
  }

  // ---- softmax

  @ParameterizedTest
  @EnumSource(Softmax.class)
  void softmaxAndItsGradient(Softmax kind) {
    for (long[] sizes : new long[][] {{5}, {3, 4}, {2, 3, 4}, {900, 300}}) {
      for (int dim = 0; dim < sizes.length; dim++) {
        int axis = dim;
        Strided x = TestArrays.random(random, DType.FLOAT64, sizes);
        Strided y = TestArrays.empty(DType.FLOAT64, sizes);
        backend.softmaxes().softmax(kind, x, dim, y);
        Strided g = TestArrays.random(random, DType.FLOAT64, sizes);
        Strided gx = TestArrays.empty(DType.FLOAT64, sizes);
        backend.softmaxes().softmaxBackward(kind, g, y, dim, gx);
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
              boolean logarithm = kind == Softmax.LOGARITHM;
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
    backend
        .optimizers()
        .sgdStep(
            new SgdStep(0.1, 0.9, 0.25, 0.01, 2, true, false),
            List.of(new Update(p, g, List.of(m))));
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
    backend
        .optimizers()
        .adamStep(
            new AdamStep(
                0.01, 0.9, 0.999, 1e-8, 0, AdamStep.Decay.IN_THE_GRADIENT, 1, false, false),
            List.of(new Update(p, g, List.of(average, squares))));
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
    Strided one = backend.transfers().constant(1, DType.FLOAT32);
    assertSame(one, backend.transfers().constant(1, DType.FLOAT32));
    assertNotSame(one, backend.transfers().constant(1, DType.FLOAT64));
    assertEquals(1, TestArrays.get(one));
    long large = (1L << 53) + 1;
    Strided exact = backend.transfers().constant(large, DType.INT64);
    assertEquals(large, exact.pointer().get(java.lang.foreign.ValueLayout.JAVA_LONG, 0));
    assertEquals(-0.0, TestArrays.get(backend.transfers().constant(-0.0, DType.FLOAT64)));
    assertEquals(2, TestArrays.get(backend.transfers().constant(2.75, DType.INT32)));
    assertEquals(1, TestArrays.get(backend.transfers().constant(0.5, DType.BOOL)));
    for (int i = 0; i < 5000; i++) {
      assertEquals(i / 8.0, TestArrays.get(backend.transfers().constant(i / 8.0, DType.FLOAT64)));
    }
  }

  @Test
  void aSeedRepeatsTheStream() {
    var generator = backend.generators().generator(42);
    Strided first = TestArrays.empty(DType.FLOAT32, 40);
    Strided again = TestArrays.empty(DType.FLOAT32, 40);
    backend.random().normal(generator, 0, 1, first);
    backend.generators().seed(generator, 42);
    backend.random().normal(generator, 0, 1, again);
    assertArrayEquals(TestArrays.values(first), TestArrays.values(again));
    Strided order = TestArrays.empty(DType.INT64, 50);
    backend.random().permutation(generator, order);
    double[] sorted = TestArrays.values(order);
    Arrays.sort(sorted);
    for (int i = 0; i < 50; i++) {
      assertEquals(i, sorted[i]);
    }
  }
}
