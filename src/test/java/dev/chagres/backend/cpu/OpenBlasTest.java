package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Diagonal;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.ffi.openblas.OpenBlasLibrary;
import java.lang.foreign.MemorySegment;
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
    var e = assertThrows(ArithmeticException.class, () -> gemmOf(x, 1L << 31));
    assertEquals("BLAS takes sizes below 2^31, not 2147483648", e.getMessage());
  }

  /** A product of m rows and one column, as far as the arguments go. */
  private static void gemmOf(Strided x, long m) {
    MemorySegment p = x.pointer();
    OpenBlas.gemm(x.dtype(), Transposed.NO, Transposed.NO, m, 1, 1, 1, p, 1, p, 1, 0, p, 1, null);
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
    for (Transposed transA : Transposed.values()) {
      for (Transposed transB : Transposed.values()) {
        Strided a =
            transA == Transposed.NO
                ? TestArrays.random(random, dtype, m, k)
                : TestArrays.random(random, dtype, k, m);
        Strided b =
            transB == Transposed.NO
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
            n,
            null);
        TestArrays.forEach(
            c.shape(),
            i -> {
              double sum = 0;
              for (long j = 0; j < k; j++) {
                double left =
                    transA == Transposed.NO
                        ? TestArrays.get(a, i[0], j)
                        : TestArrays.get(a, j, i[0]);
                double right =
                    transB == Transposed.NO
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
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT32", "FLOAT64"})
  void triangularSystems(DType dtype) {
    int m = 6;
    int n = 4;
    for (Triangle triangle : Triangle.values()) {
      for (Transposed transpose : Transposed.values()) {
        Strided a = TestArrays.random(random, dtype, m, m);
        for (long i = 0; i < m; i++) {
          TestArrays.set(a, 20, i, i);
        }
        Strided b = TestArrays.random(random, dtype, m, n);
        double[] before = TestArrays.values(b);
        OpenBlas.trsm(
            dtype, triangle, transpose, Diagonal.STORED, m, n, 1, a.pointer(), m, b.pointer(), n);
        TestArrays.forEach(
            b.shape(),
            i -> {
              double sum = 0;
              for (long j = 0; j < m; j++) {
                long row = transpose == Transposed.NO ? i[0] : j;
                long column = transpose == Transposed.NO ? j : i[0];
                boolean read = triangle == Triangle.LOWER ? column <= row : column >= row;
                sum += read ? TestArrays.get(a, row, column) * TestArrays.get(b, j, i[1]) : 0;
              }
              assertEquals(before[(int) (i[0] * n + i[1])], sum, 100 * tolerance(dtype));
            });
      }
    }
  }

  @Test
  void otherTypesAreRefused() {
    Strided x = TestArrays.empty(DType.INT32, 1);
    assertThrows(IllegalArgumentException.class, () -> gemmOf(x, 1));
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
        Transposed.NO,
        Transposed.YES,
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
        n,
        null);
  }
}
