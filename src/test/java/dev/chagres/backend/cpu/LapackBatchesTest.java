package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.backend.LinearAlgebra;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Diagonal;
import dev.chagres.core.Driver;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.primitive.Factorizations.Vectors;
import dev.chagres.primitive.Triangular;
import java.util.ConcurrentModificationException;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Operands that no longer belong together, as after another thread changed one, go no further. */
class LapackBatchesTest {
  private static final LinearAlgebra ALGEBRA = CpuBackend.instance().linearAlgebra();

  private final Random random = new Random(2);

  private Strided matrices(long... sizes) {
    return TestArrays.random(random, DType.FLOAT64, sizes);
  }

  private static Strided ints(long... sizes) {
    return TestArrays.empty(DType.INT32, sizes);
  }

  private static Strided doubles(long... sizes) {
    return TestArrays.empty(DType.FLOAT64, sizes);
  }

  private static void refused(Runnable call) {
    assertThrows(ConcurrentModificationException.class, call::run);
  }

  private static Strided transposed(Strided x) {
    return x.with(x.layout().transpose(-2, -1));
  }

  @Test
  void systems() {
    Strided a = matrices(2, 3, 3);
    refused(() -> ALGEBRA.lu(a, ints(2, 2), ints(2)));
    refused(() -> ALGEBRA.lu(a, ints(2, 3), ints(1)));
    refused(() -> ALGEBRA.lu(a, doubles(2, 3), ints(2)));
    refused(() -> ALGEBRA.lu(transposed(a), ints(2, 3), ints(2)));
    refused(() -> ALGEBRA.luSolve(Transposed.NO, a, ints(2, 3), matrices(2, 4, 2)));
    refused(() -> ALGEBRA.luSolve(Transposed.NO, a, ints(3, 3), matrices(2, 4, 3)));
    refused(() -> ALGEBRA.luSolve(Transposed.NO, a, ints(2, 3), matrices(1, 4, 3)));
    var form = new Triangular(Triangle.LOWER, Transposed.NO, Diagonal.STORED);
    refused(() -> ALGEBRA.solveTriangular(form, a, matrices(2, 2, 3)));
    refused(() -> ALGEBRA.solveTriangular(form, matrices(2, 3, 2), matrices(2, 3, 1)));
    refused(() -> ALGEBRA.cholesky(Triangle.LOWER, matrices(2, 2, 3), ints(2)));
    refused(() -> ALGEBRA.ldl(a, ints(2, 2), ints(2)));
    refused(() -> ALGEBRA.ldlSolve(a, ints(2, 3), matrices(2, 1, 2)));
    refused(() -> ALGEBRA.order(ints(2, 3), TestArrays.empty(DType.INT64, 2, 2)));
    refused(() -> ALGEBRA.order(ints(2, 3), ints(2, 3)));
  }

  /** Exchanges are read once more, from a copy that nobody else can write to. */
  @Test
  void exchangesAreOfTheirMatrix() {
    Strided a = matrices(3, 3);
    Strided b = matrices(2, 3);
    double[] before = TestArrays.values(b);
    for (int wrong : new int[] {0, 4, -1, Integer.MAX_VALUE}) {
      Strided pivots = ints(3);
      for (long i = 0; i < 3; i++) {
        TestArrays.set(pivots, i == 1 ? wrong : 3, i);
      }
      refused(() -> ALGEBRA.luSolve(Transposed.NO, a, pivots, b));
      refused(() -> ALGEBRA.order(pivots, TestArrays.empty(DType.INT64, 3)));
      assertThrows(IllegalArgumentException.class, () -> ALGEBRA.ldlSolve(a, pivots, b));
    }
    assertArrayEquals(before, TestArrays.values(b));
  }

  @Test
  void orthogonalFactorsAndSpectra() {
    Strided a = matrices(2, 3, 4);
    refused(() -> ALGEBRA.qr(a, doubles(2, 4)));
    refused(() -> ALGEBRA.orthogonal(a, doubles(2, 4)));
    refused(() -> ALGEBRA.orthogonal(matrices(2, 4, 3), doubles(2, 3)));
    refused(
        () ->
            ALGEBRA.timesOrthogonal(Side.LEFT, Transposed.NO, a, doubles(2, 3), matrices(2, 4, 3)));
    refused(
        () ->
            ALGEBRA.timesOrthogonal(
                Side.RIGHT, Transposed.NO, a, doubles(2, 3), matrices(2, 3, 4)));
    refused(
        () ->
            ALGEBRA.svd(
                Vectors.ALL, a, doubles(2, 3, 4), doubles(2, 3), doubles(2, 3, 3), ints(2)));
    refused(
        () ->
            ALGEBRA.svd(
                Vectors.NONE, a, doubles(2, 0, 0), doubles(2, 2), doubles(2, 0, 0), ints(2)));
    refused(() -> ALGEBRA.eigh(Vectors.ALL, Triangle.LOWER, a, doubles(2, 3), ints(2)));
    Strided square = matrices(2, 3, 3);
    refused(() -> ALGEBRA.eigh(Vectors.ALL, Triangle.LOWER, square, doubles(2, 2), ints(2)));
    refused(
        () ->
            ALGEBRA.leastSquares(
                Driver.GELSD, 0, a, matrices(2, 1, 3), ints(2), doubles(2, 3), ints(2)));
    refused(
        () ->
            ALGEBRA.leastSquares(
                Driver.GELSD, 0, a, matrices(2, 1, 4), ints(2), doubles(2, 2), ints(2)));
  }
}
