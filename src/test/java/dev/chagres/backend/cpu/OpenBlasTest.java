package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.Strided;
import dev.chagres.backend.cpu.OpenBlas.Transpose;
import dev.chagres.backend.cpu.OpenBlas.Triangle;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.ffi.openblas.OpenBlasLibrary;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OpenBlasTest {
  private final Random random = new Random(11);

  @Test
  void theLibraryHas32BitIntegersAndOneThread() {
    OpenBlas.Ready ready = OpenBlas.require();
    assertTrue(ready.config().contains("OpenBLAS"), ready.config());
    assertFalse(ready.config().contains("USE64BITINT"), ready.config());
    assertFalse(ready.core().isEmpty());
    assertEquals(1, OpenBlasLibrary.openblas_get_num_threads());
    assertTrue(ready.maxThreads() > 1, ready.config());
    assertTrue(ready.lapack());
    // A library with 64-bit integers would take this increment of -1 for 2^32 - 1.
    Strided x = TestArrays.of(DType.FLOAT64, Shape.of(3), 1, 2, 3);
    assertEquals(10, OpenBlas.dot(DType.FLOAT64, 3, x.pointer(), -1, x.pointer(), 1));
  }

  @Test
  void aBuildSaysHowManyThreadsItIsFor() {
    assertEquals(
        64, OpenBlas.maxThreads("OpenBLAS 0.3.30 DYNAMIC_ARCH NO_AFFINITY Zen MAX_THREADS=64"));
    assertEquals(128, OpenBlas.maxThreads("MAX_THREADS=128 and more"));
    assertEquals(1, OpenBlas.maxThreads("OpenBLAS SINGLE_THREADED"));
    assertEquals(1, OpenBlas.maxThreads("MAX_THREADS="));
  }

  @Test
  void sizesAbove32BitsAreRefused() {
    Strided x = TestArrays.empty(DType.FLOAT32, 1);
    var e =
        assertThrows(
            ArithmeticException.class,
            () -> OpenBlas.dot(DType.FLOAT32, 1L << 31, x.pointer(), 1, x.pointer(), 1));
    assertEquals("BLAS takes sizes below 2^31, not 2147483648", e.getMessage());
  }

  private static double tolerance(DType dtype) {
    return dtype == DType.FLOAT32 ? 1e-4 : 1e-12;
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT32", "FLOAT64"})
  void products(DType dtype) {
    int m = 5;
    int n = 7;
    int k = 9;
    for (Transpose transA : Transpose.values()) {
      for (Transpose transB : Transpose.values()) {
        Strided a =
            transA == Transpose.NO
                ? TestArrays.random(random, dtype, m, k)
                : TestArrays.random(random, dtype, k, m);
        Strided b =
            transB == Transpose.NO
                ? TestArrays.random(random, dtype, k, n)
                : TestArrays.random(random, dtype, n, k);
        Strided c = TestArrays.random(random, dtype, m, n);
        double[] before = TestArrays.values(c);
        OpenBlas.gemm(
            dtype,
            transA,
            transB,
            m,
            n,
            k,
            2,
            a.pointer(),
            a.layout().size(1),
            b.pointer(),
            b.layout().size(1),
            -1,
            c.pointer(),
            n);
        TestArrays.forEach(
            c.shape(),
            i -> {
              double sum = 0;
              for (long j = 0; j < k; j++) {
                double left =
                    transA == Transpose.NO
                        ? TestArrays.get(a, i[0], j)
                        : TestArrays.get(a, j, i[0]);
                double right =
                    transB == Transpose.NO
                        ? TestArrays.get(b, j, i[1])
                        : TestArrays.get(b, i[1], j);
                sum += left * right;
              }
              assertEquals(
                  2 * sum - before[(int) (i[0] * n + i[1])],
                  TestArrays.get(c, i),
                  tolerance(dtype));
            });
      }
    }
    Strided a = TestArrays.random(random, dtype, m, n);
    Strided x = TestArrays.random(random, dtype, n);
    Strided y = TestArrays.random(random, dtype, m);
    double[] before = TestArrays.values(y);
    OpenBlas.gemv(dtype, Transpose.NO, m, n, 1, a.pointer(), n, x.pointer(), 1, 3, y.pointer(), 1);
    TestArrays.forEach(
        y.shape(),
        i -> {
          double sum = 3 * before[(int) i[0]];
          for (long j = 0; j < n; j++) {
            sum += TestArrays.get(a, i[0], j) * TestArrays.get(x, j);
          }
          assertEquals(sum, TestArrays.get(y, i), tolerance(dtype));
        });
    Strided outer = TestArrays.of(dtype, Shape.of(m, n), new double[m * n]);
    OpenBlas.ger(dtype, m, n, -2, y.pointer(), 1, x.pointer(), 1, outer.pointer(), n);
    TestArrays.forEach(
        outer.shape(),
        i ->
            assertEquals(
                -2 * TestArrays.get(y, i[0]) * TestArrays.get(x, i[1]),
                TestArrays.get(outer, i),
                tolerance(dtype)));
    Strided square = TestArrays.of(dtype, Shape.of(m, m), new double[m * m]);
    OpenBlas.syrk(
        dtype, Triangle.LOWER, Transpose.NO, m, n, 1, a.pointer(), n, 0, square.pointer(), m);
    TestArrays.forEach(
        square.shape(),
        i -> {
          double sum = 0;
          for (long j = 0; j < n && i[1] <= i[0]; j++) {
            sum += TestArrays.get(a, i[0], j) * TestArrays.get(a, i[1], j);
          }
          assertEquals(sum, TestArrays.get(square, i), tolerance(dtype));
        });
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT32", "FLOAT64"})
  void triangularSystems(DType dtype) {
    int m = 6;
    int n = 4;
    for (Triangle triangle : Triangle.values()) {
      for (Transpose transpose : Transpose.values()) {
        Strided a = TestArrays.random(random, dtype, m, m);
        for (long i = 0; i < m; i++) {
          TestArrays.set(a, 20, i, i);
        }
        Strided b = TestArrays.random(random, dtype, m, n);
        double[] before = TestArrays.values(b);
        OpenBlas.trsm(dtype, triangle, transpose, m, n, 1, a.pointer(), m, b.pointer(), n);
        TestArrays.forEach(
            b.shape(),
            i -> {
              double sum = 0;
              for (long j = 0; j < m; j++) {
                long row = transpose == Transpose.NO ? i[0] : j;
                long column = transpose == Transpose.NO ? j : i[0];
                boolean read = triangle == Triangle.LOWER ? column <= row : column >= row;
                sum += read ? TestArrays.get(a, row, column) * TestArrays.get(b, j, i[1]) : 0;
              }
              assertEquals(before[(int) (i[0] * n + i[1])], sum, 100 * tolerance(dtype));
            });
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT32", "FLOAT64"})
  void vectors(DType dtype) {
    Strided x = TestArrays.of(dtype, Shape.of(6), 3, 9, -4, 9, 0, 9);
    Strided y = TestArrays.of(dtype, Shape.of(3), 1, 2, 3);
    assertEquals(3 - 8, OpenBlas.dot(dtype, 3, x.pointer(), 2, y.pointer(), 1));
    assertEquals(5, OpenBlas.norm(dtype, 3, x.pointer(), 2), 1e-6);
    assertEquals(7, OpenBlas.absoluteSum(dtype, 3, x.pointer(), 2), 1e-6);
    OpenBlas.axpy(dtype, 3, 10, x.pointer(), 2, y.pointer(), 1);
    assertEquals(List.of(31.0, -38.0, 3.0), listed(y));
    OpenBlas.scale(dtype, 3, 0.5, y.pointer(), 1);
    assertEquals(List.of(15.5, -19.0, 1.5), listed(y));
  }

  private static List<Double> listed(Strided x) {
    List<Double> values = new ArrayList<>();
    for (double value : TestArrays.values(x)) {
      values.add(value);
    }
    return values;
  }

  @Test
  void otherTypesAreRefused() {
    Strided x = TestArrays.empty(DType.INT32, 1);
    assertThrows(
        IllegalArgumentException.class,
        () -> OpenBlas.dot(DType.INT32, 1, x.pointer(), 1, x.pointer(), 1));
  }

  /**
   * Far more callers than the library has buffers for: without the slots it runs out of them and
   * crashes or errs.
   */
  @Test
  void anyNumberOfCallersIsSafe() throws InterruptedException {
    int n = 96;
    Strided a = TestArrays.random(random, DType.FLOAT32, n, n);
    Strided expected = TestArrays.empty(DType.FLOAT32, n, n);
    multiply(a, expected, n);
    double[] values = TestArrays.values(expected);
    List<Thread> callers = new ArrayList<>();
    List<Object> failures = java.util.Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 300; i++) {
      Runnable work =
          () -> {
            try {
              Strided c = TestArrays.empty(DType.FLOAT32, n, n);
              for (int round = 0; round < 5; round++) {
                multiply(a, c, n);
                if (!java.util.Arrays.equals(values, TestArrays.values(c))) {
                  failures.add("a wrong product");
                }
              }
            } catch (Throwable e) {
              failures.add(e);
            }
          };
      callers.add(i % 3 == 0 ? Thread.ofPlatform().start(work) : Thread.ofVirtual().start(work));
    }
    for (Thread caller : callers) {
      caller.join();
    }
    assertEquals(List.of(), failures);
  }

  private static void multiply(Strided a, Strided c, int n) {
    OpenBlas.gemm(
        DType.FLOAT32,
        Transpose.NO,
        Transpose.YES,
        n,
        n,
        n,
        1,
        a.pointer(),
        n,
        a.pointer(),
        n,
        0,
        c.pointer(),
        n);
  }
}
