package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.cpu.LapackSpectra.LeastSquares;
import dev.chagres.backend.cpu.LapackSpectra.Vectors;
import dev.chagres.core.DType;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each routine by what its result must satisfy, for orders on both sides of the one from which
 * another thread works.
 */
class LapackTest {
  private final Random random = new Random(5);

  static Stream<Arguments> cases() {
    return Stream.of(DType.FLOAT32, DType.FLOAT64)
        .flatMap(dtype -> Stream.of(1, 3, 20, 64, 65, 150).map(n -> Arguments.of(dtype, n)));
  }

  /** A column-major matrix with a gap after each column. */
  private record Columns(DType dtype, int rows, int columns, int leading, MemorySegment memory) {
    static Columns empty(DType dtype, int rows, int columns) {
      int leading = rows + 3;
      return new Columns(
          dtype,
          rows,
          columns,
          leading,
          Arena.ofAuto().allocate((long) leading * columns * dtype.size() + 64, 64));
    }

    double get(int row, int column) {
      long at = (long) column * leading + row;
      return dtype == DType.FLOAT32
          ? memory.getAtIndex(ValueLayout.JAVA_FLOAT, at)
          : memory.getAtIndex(ValueLayout.JAVA_DOUBLE, at);
    }

    void set(int row, int column, double value) {
      long at = (long) column * leading + row;
      if (dtype == DType.FLOAT32) {
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) value);
      } else {
        memory.setAtIndex(ValueLayout.JAVA_DOUBLE, at, value);
      }
    }

    Columns copy() {
      Columns copy = empty(dtype, rows, columns);
      copy.memory.copyFrom(memory);
      return copy;
    }

    /** A copy without gaps. */
    Columns packed() {
      MemorySegment dense = Arena.ofAuto().allocate((long) rows * columns * dtype.size(), 64);
      Columns copy = new Columns(dtype, rows, columns, rows, dense);
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
          copy.set(i, j, get(i, j));
        }
      }
      return copy;
    }

    Columns transposed() {
      Columns result = empty(dtype, columns, rows);
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
          result.set(j, i, get(i, j));
        }
      }
      return result;
    }

    Columns times(Columns other) {
      Columns result = empty(dtype, rows, other.columns);
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < other.columns; j++) {
          double sum = 0;
          for (int k = 0; k < columns; k++) {
            sum += get(i, k) * other.get(k, j);
          }
          result.set(i, j, sum);
        }
      }
      return result;
    }

    Columns block(int rowCount, int columnCount) {
      return new Columns(dtype, rowCount, columnCount, leading, memory);
    }
  }

  private Columns random(DType dtype, int rows, int columns) {
    Columns result = Columns.empty(dtype, rows, columns);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        result.set(i, j, random.nextGaussian() + (i == j ? 2 : 0));
      }
    }
    return result;
  }

  private static Columns identity(DType dtype, int n) {
    Columns result = Columns.empty(dtype, n, n);
    for (int i = 0; i < n; i++) {
      result.set(i, i, 1);
    }
    return result;
  }

  private static void assertClose(Columns expected, Columns actual, double scale) {
    double tolerance = (expected.dtype == DType.FLOAT32 ? 3e-5 : 1e-12) * scale;
    for (int i = 0; i < expected.rows; i++) {
      for (int j = 0; j < expected.columns; j++) {
        assertEquals(expected.get(i, j), actual.get(i, j), tolerance, i + ", " + j);
      }
    }
  }

  private static MemorySegment vector(DType dtype, int n) {
    return Arena.ofAuto().allocate((long) Math.max(1, n) * dtype.size(), 64);
  }

  private static MemorySegment pivots(int n) {
    return Arena.ofAuto().allocate((long) Math.max(1, n) * Integer.BYTES, 64);
  }

  private static Columns row(DType dtype, int n, MemorySegment memory) {
    return new Columns(dtype, 1, n, 1, memory);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void squareSystems(DType dtype, int n) {
    Columns a = random(dtype, n, n);
    Columns x = random(dtype, n, 3);
    Columns b = a.times(x);
    Columns factors = a.copy();
    MemorySegment pivots = pivots(n);
    assertEquals(0, Lapack.getrf(dtype, n, n, factors.memory, factors.leading, pivots));
    for (Transposed transpose : Transposed.values()) {
      Columns solution = b.copy();
      Lapack.getrs(
          dtype,
          transpose,
          n,
          3,
          factors.memory,
          factors.leading,
          pivots,
          solution.memory,
          solution.leading);
      Columns matrix = transpose == Transposed.NO ? a : a.transposed();
      assertClose(b, matrix.times(solution), 100 * n);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void positiveDefiniteMatrices(DType dtype, int n) {
    Columns root = random(dtype, n, n);
    Columns a = root.times(root.transposed());
    for (int i = 0; i < n; i++) {
      a.set(i, i, a.get(i, i) + n);
    }
    for (Triangle triangle : Triangle.values()) {
      Columns factor = a.copy();
      assertEquals(0, Lapack.potrf(dtype, triangle, n, factor.memory, factor.leading));
      Columns lower = Columns.empty(dtype, n, n);
      for (int i = 0; i < n; i++) {
        for (int j = 0; j <= i; j++) {
          lower.set(i, j, triangle == Triangle.LOWER ? factor.get(i, j) : factor.get(j, i));
        }
      }
      assertClose(a, lower.times(lower.transposed()), 10.0 * n);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void orthogonalFactors(DType dtype, int n) {
    int m = n + n / 2;
    Columns a = random(dtype, m, n);
    Columns factors = a.copy();
    MemorySegment tau = vector(dtype, n);
    Lapack.geqrf(dtype, m, n, factors.memory, factors.leading, tau);
    Columns r = Columns.empty(dtype, n, n);
    for (int i = 0; i < n; i++) {
      for (int j = i; j < n; j++) {
        r.set(i, j, factors.get(i, j));
      }
    }
    Columns product = a.copy();
    Lapack.ormqr(
        dtype,
        Side.LEFT,
        Transposed.YES,
        m,
        n,
        n,
        factors.memory,
        factors.leading,
        tau,
        product.memory,
        product.leading);
    assertClose(r, product.block(n, n), 10.0 * n);
    Lapack.orgqr(dtype, m, n, n, factors.memory, factors.leading, tau);
    assertClose(a, factors.times(r), 10.0 * n);
    assertClose(identity(dtype, n), factors.transposed().times(factors), 10.0 * n);
  }

  /** The residual of a least-squares solution is orthogonal to the columns. */
  @ParameterizedTest
  @MethodSource("cases")
  void leastSquares(DType dtype, int n) {
    int m = 2 * n + 1;
    Columns a = random(dtype, m, n);
    Columns b = random(dtype, m, 2);
    Columns work = a.copy();
    Columns x = b.copy();
    assertEquals(
        0,
        Lapack.gels(dtype, Transposed.NO, m, n, 2, work.memory, work.leading, x.memory, x.leading));
    assertNormalEquations(a, b, x.block(n, 2));

    for (LeastSquares method : LeastSquares.values()) {
      assertEquals(n, rank(method, a, b, -1), method.name());
    }
  }

  /** Solves by a method, checks the solution, and returns the rank. */
  private static int rank(LeastSquares method, Columns a, Columns b, double rcond) {
    Columns dense = a.packed();
    Columns x = b.packed();
    MemorySegment rank = pivots(1);
    int info =
        LapackSpectra.leastSquares(
            method,
            a.dtype,
            new LapackSpectra.Problem(a.rows, a.columns, b.columns),
            dense.memory,
            x.memory,
            vector(a.dtype, a.columns),
            rank,
            rcond);
    assertEquals(0, info);
    assertNormalEquations(a, b, x.block(a.columns, b.columns));
    return rank.get(ValueLayout.JAVA_INT, 0);
  }

  private static void assertNormalEquations(Columns a, Columns b, Columns x) {
    Columns left = a.transposed().times(a.times(x));
    Columns right = a.transposed().times(b);
    assertClose(right, left, 300.0 * a.rows);
  }

  @Test
  void aMissingRankIsFound() {
    Columns a = random(DType.FLOAT64, 6, 2);
    Columns wide = a.times(random(DType.FLOAT64, 2, 4));
    Columns b = random(DType.FLOAT64, 6, 1);
    for (LeastSquares method : LeastSquares.values()) {
      assertEquals(2, rank(method, wide, b, 1e-10), method.name());
    }
    Columns zero = Columns.empty(DType.FLOAT64, 2, 2);
    zero.set(0, 0, 1);
    int info =
        Lapack.gels(
            DType.FLOAT64, Transposed.NO, 2, 2, 1, zero.memory, zero.leading, b.memory, b.leading);
    assertEquals(2, info);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void singularValues(DType dtype, int n) {
    int m = n + 2;
    for (Vectors vectors : Vectors.values()) {
      for (boolean tall : new boolean[] {true, false}) {
        int rows = tall ? m : n;
        int columns = tall ? n : m;
        Columns a = random(dtype, rows, columns);
        Columns work = a.copy();
        MemorySegment s = vector(dtype, n);
        int left = vectors == Vectors.ALL ? rows : n;
        int right = vectors == Vectors.ALL ? columns : n;
        Columns u = Columns.empty(dtype, rows, left);
        Columns vt = Columns.empty(dtype, right, columns);
        LapackSpectra.gesdd(
            dtype,
            vectors,
            rows,
            columns,
            work.memory,
            work.leading,
            s,
            u.memory,
            u.leading,
            vt.memory,
            vt.leading);
        Columns values = row(dtype, n, s);
        double squares = 0;
        double sum = 0;
        for (int i = 0; i < n; i++) {
          assertTrue(i == 0 || values.get(0, i) <= values.get(0, i - 1));
          squares += values.get(0, i) * values.get(0, i);
        }
        for (int i = 0; i < rows; i++) {
          for (int j = 0; j < columns; j++) {
            sum += a.get(i, j) * a.get(i, j);
          }
        }
        assertEquals(sum, squares, sum * (dtype == DType.FLOAT32 ? 1e-4 : 1e-11));
        if (vectors != Vectors.NONE) {
          Columns scaled = Columns.empty(dtype, rows, n);
          for (int i = 0; i < rows; i++) {
            for (int j = 0; j < n; j++) {
              scaled.set(i, j, u.get(i, j) * values.get(0, j));
            }
          }
          assertClose(a, scaled.times(vt.block(n, columns)), 10.0 * n);
          assertClose(identity(dtype, left), u.transposed().times(u), 10.0 * n);
          assertClose(identity(dtype, right), vt.times(vt.transposed()), 10.0 * n);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void symmetricEigenvalues(DType dtype, int n) {
    Columns half = random(dtype, n, n);
    Columns a = Columns.empty(dtype, n, n);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        a.set(i, j, half.get(i, j) + half.get(j, i));
      }
    }
    MemorySegment w = vector(dtype, n);
    MemorySegment alone = vector(dtype, n);
    for (Triangle triangle : Triangle.values()) {
      Columns vectors = a.copy();
      LapackSpectra.syevd(dtype, Vectors.ALL, triangle, n, vectors.memory, vectors.leading, w);
      Columns values = row(dtype, n, w);
      Columns scaled = Columns.empty(dtype, n, n);
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          scaled.set(i, j, vectors.get(i, j) * values.get(0, j));
        }
      }
      assertClose(scaled, a.times(vectors), 30.0 * n);
      assertClose(identity(dtype, n), vectors.transposed().times(vectors), 10.0 * n);
      Columns lost = a.copy();
      LapackSpectra.syevd(dtype, Vectors.NONE, triangle, n, lost.memory, lost.leading, alone);
      assertClose(values, row(dtype, n, alone), 30.0 * n);
    }
  }

  @Test
  void whatHasNoSolutionSaysWhy() {
    Columns zero = Columns.empty(DType.FLOAT64, 3, 3);
    zero.set(0, 0, 1);
    assertEquals(2, Lapack.getrf(DType.FLOAT64, 3, 3, zero.copy().memory, zero.leading, pivots(3)));
    Columns negative = identity(DType.FLOAT32, 4);
    negative.set(2, 2, -1);
    int minor = Lapack.potrf(DType.FLOAT32, Triangle.LOWER, 4, negative.memory, negative.leading);
    assertEquals(3, minor);
  }

  /** Their iterations would never end. */
  @Test
  void whatIsNotFiniteIsLeftAlone() {
    DType dtype = DType.FLOAT64;
    for (double value : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      Columns broken = random(dtype, 3, 3);
      broken.set(1, 2, value);
      MemorySegment memory = broken.memory;
      int leading = broken.leading;
      MemorySegment s = vector(dtype, 3);
      MemorySegment u = broken.copy().memory;
      int all = LapackCall.NOT_FINITE;
      assertEquals(
          all, LapackSpectra.gesdd(dtype, Vectors.NONE, 3, 3, memory, leading, s, u, 3, u, 3));
      assertEquals(
          all, LapackSpectra.syevd(dtype, Vectors.ALL, Triangle.UPPER, 3, memory, leading, s));
      assertEquals(
          0,
          LapackSpectra.syevd(dtype, Vectors.ALL, Triangle.LOWER, 3, memory, leading, s),
          "the other triangle is not read");
      Columns dense = broken.packed();
      dense.set(1, 2, value);
      assertEquals(
          all,
          LapackSpectra.leastSquares(
              LeastSquares.GELSD,
              dtype,
              new LapackSpectra.Problem(3, 3, 1),
              dense.memory,
              u,
              s,
              pivots(1),
              -1));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void symmetricSystems(DType dtype, int n) {
    Columns half = random(dtype, n, n);
    Columns a = Columns.empty(dtype, n, n);
    Columns lower = Columns.empty(dtype, n, n);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        a.set(i, j, half.get(i, j) + half.get(j, i) + (i == j ? (i % 2 - 0.5) * 4 * n : 0));
        lower.set(i, j, j <= i ? a.get(i, j) : Double.NaN);
      }
    }
    Columns b = random(dtype, n, 2);
    Columns x = b.copy();
    MemorySegment pivots = pivots(n);
    assertEquals(0, Lapack.sytrf(dtype, n, lower.memory, lower.leading, pivots));
    Lapack.sytrs(dtype, n, 2, lower.memory, lower.leading, pivots, x.memory, x.leading);
    assertClose(b, a.times(x), 100.0 * n);
  }

  @Test
  void sizesAreCheckedAgainstTheMemory() {
    MemorySegment small = Arena.ofAuto().allocate(8 * 8);
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> Lapack.getrf(DType.FLOAT64, 3, 3, small, 3, pivots(3)));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> Lapack.getrf(DType.FLOAT64, 2, 2, small, 2, pivots(1)));
    assertThrows(
        IllegalArgumentException.class,
        () -> Lapack.getrf(DType.FLOAT64, 4, 2, small, 3, pivots(2)));
    assertThrows(
        IllegalArgumentException.class, () -> Lapack.getrf(DType.INT32, 2, 2, small, 2, pivots(2)));
  }

  /** What runs on the calling thread must fit stacks much smaller than Java's default of 1 MiB. */
  @Test
  void smallProblemsFitSmallStacks() throws InterruptedException {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Runnable all =
        () -> {
          for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
            squareSystems(dtype, 64);
            positiveDefiniteMatrices(dtype, 64);
            orthogonalFactors(dtype, 42);
            leastSquares(dtype, 31);
            singularValues(dtype, 62);
            symmetricEigenvalues(dtype, 64);
          }
        };
    Thread thread =
        Thread.ofPlatform()
            .stackSize(320 << 10)
            .uncaughtExceptionHandler((source, e) -> failure.set(e))
            .start(all);
    thread.join();
    assertNull(failure.get());
  }

  @Test
  void virtualThreadsMayCall() throws InterruptedException {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread thread =
        Thread.ofVirtual()
            .uncaughtExceptionHandler((source, e) -> failure.set(e))
            .start(() -> squareSystems(DType.FLOAT64, 20));
    thread.join();
    assertNull(failure.get());
  }
}
