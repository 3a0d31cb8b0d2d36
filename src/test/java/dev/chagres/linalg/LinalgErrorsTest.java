package dev.chagres.linalg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Driver;
import dev.chagres.core.Shape;
import dev.chagres.core.Triangle;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is said of a matrix that has no result, and of arguments that do not fit. */
@Timeout(300)
@OnEveryDevice
class LinalgErrorsTest {
  static void refuses(String message, Runnable call) {
    var e = assertThrows(IllegalArgumentException.class, call::run);
    assertTrue(e.getMessage().startsWith(message), e::getMessage);
  }

  private static void hasNone(String message, Runnable call) {
    var e = assertThrows(ArithmeticException.class, call::run);
    assertEquals(message, e.getMessage());
  }

  @Test
  void whatHasNoSolutionSaysWhichMatrix() {
    Tensor one = Tensor.eye(DType.FLOAT64, 3, 3);
    Tensor singular = one.clone();
    singular.put("1, 1", 0);
    Tensor batch = Tensor.stack(List.of(one, one, singular));
    String second = "element (2, 2) of U is 0";
    hasNone("solve: the matrix is singular: " + second, () -> Linalg.solve(singular, one));
    hasNone("solve: matrix 2 of the batch is singular: " + second, () -> Linalg.solve(batch, one));
    hasNone("inv: matrix 2 of the batch is singular: " + second, () -> Linalg.inv(batch));
    hasNone("luFactor: the matrix is singular: " + second, () -> Linalg.luFactor(singular));
    hasNone(
        "matrixPower: the matrix is singular: " + second, () -> Linalg.matrixPower(singular, -1));
    hasNone(
        "ldlFactor: matrix 2 of the batch is singular: element (2, 2) of D is 0",
        () -> Linalg.ldlFactor(batch));
    hasNone(
        "cholesky: matrix 2 of the batch is not positive definite: its leading minor of order 2 is"
            + " not positive",
        () -> Linalg.cholesky(batch));
    hasNone(
        "lstsq: matrix 2 of the batch has not full rank; use another driver",
        () -> Linalg.lstsq(batch, one, Driver.GELS));
    int[] infos = {0, 0, 2};
    assertArrayEquals(infos, Linalg.solveEx(batch, one).info().toIntArray());
    assertArrayEquals(infos, Linalg.invEx(batch).info().toIntArray());
    assertArrayEquals(infos, Linalg.luFactorEx(batch).info().toIntArray());
    assertArrayEquals(infos, Linalg.choleskyEx(batch).info().toIntArray());
    assertArrayEquals(infos, Linalg.ldlFactorEx(batch).info().toIntArray());
    assertEquals(0, Linalg.det(singular).item());
    assertEquals(-Double.POSITIVE_INFINITY, Linalg.slogdet(singular).logabsdet().item());
    assertTrue(Double.isNaN(Linalg.logdet(one.neg()).item()));
    assertEquals(-Double.POSITIVE_INFINITY, Linalg.logdet(singular).item());
  }

  /** LAPACK would print that it is illegal. */
  @Test
  void aRatioThatIsNotANumberIsRefused() {
    Tensor a = Tensor.eye(2);
    for (Driver driver : Driver.values()) {
      refuses("lstsq: rcond is NaN", () -> Linalg.lstsq(a, a, driver, Double.NaN));
    }
  }

  /** The iterations for singular values would never end. */
  @Test
  void nanAndInfinityAreRefused() {
    for (double value : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      Tensor a = Tensor.eye(DType.FLOAT32, 2, 2).expand(3, 2, 2).clone();
      a.put("1, 1, 0", value);
      String said = ": matrix 1 of the batch contains NaN or infinity";
      hasNone("svd" + said, () -> Linalg.svd(a));
      hasNone("svdvals" + said, () -> Linalg.svdvals(a));
      hasNone("eigh" + said, () -> Linalg.eigh(a));
      hasNone("eigvalsh" + said, () -> Linalg.eigvalsh(a));
      hasNone("pinv" + said, () -> Linalg.pinv(a));
      hasNone("matrixRank" + said, () -> Linalg.matrixRank(a));
      hasNone("cond" + said, () -> Linalg.cond(a));
      hasNone("lstsq" + said, () -> Linalg.lstsq(a, a, Driver.GELSD));
      assertEquals(Shape.of(3, 2), Linalg.eigvalsh(a, Triangle.UPPER).shape());
    }
  }

  @Test
  void wrongArgumentsSayWhatIsWrong() {
    Tensor a = LinalgTest.regular(DType.FLOAT64, 3, 3);
    refuses("solve: a needs square matrices", () -> Linalg.solve(a.narrow(0, 0, 2), a));
    refuses("solve: dtypes differ, float64 and float32", () -> Linalg.solve(a, a.toFloat()));
    refuses("solve: sizes do not match", () -> Linalg.solve(a, a.narrow(0, 0, 2)));
    refuses("inv: not defined for int64", () -> Linalg.inv(a.toLong()));
    refuses("svd: not defined for float16", () -> Linalg.svd(a.to(DType.FLOAT16)));
    refuses("qr: a needs two dimensions", () -> Linalg.qr(a.select(0, 0)));
    refuses(
        "solve: leading sizes do not broadcast",
        () -> Linalg.solve(a.expand(2, 3, 3), a.expand(5, 3, 3)));
    Tensor b = a.narrow(0, 0, 2);
    refuses("cross: size 3 is needed in dim 0 of (2, 3)", () -> Linalg.cross(b, b, 0));
    refuses("vander: needs two columns", () -> Linalg.vander(a, 1));
    refuses("vecdot: not defined for int64", () -> Linalg.vecdot(a.toLong(), a.toLong()));
    Tensor c = Tensor.ones(DType.FLOAT64, 2, 3, 6);
    refuses("tensorinv: the sizes", () -> Linalg.tensorinv(c, 1));
    refuses("tensorsolve: sizes do not match", () -> Linalg.tensorsolve(c, b.t(), 0));
  }

  /** LAPACK goes wherever exchanges say: those of nobody's factorisation must not get there. */
  @Test
  @OnCpu("a GPU says it where it is waited for")
  void pivotsFromElsewhereAreRefused() {
    Tensor a = LinalgTest.regular(DType.FLOAT64, 3, 3);
    for (int[] wrong : new int[][] {{0, 2, 3}, {1, 2, 4}, {-1, 2, 3}, {1, Integer.MAX_VALUE, 3}}) {
      Tensor pivots = Tensor.of(wrong).to(DType.INT32);
      refuses("luSolve: pivots are from 1 to 3", () -> Linalg.luSolve(a, pivots, a));
      refuses("luUnpack: pivots are from 1 to 3", () -> Linalg.luUnpack(a, pivots));
    }
    refuses(
        "luSolve: pivots are int32", () -> Linalg.luSolve(a, Tensor.of(new long[] {1, 2, 3}), a));
    refuses(
        "luUnpack: sizes", () -> Linalg.luUnpack(a, Tensor.of(new int[] {1, 2}).to(DType.INT32)));
    for (int[] wrong :
        new int[][] {
          {0, 2, 3},
          {1, 2, 4},
          {1, 2, -3},
          {-4, -4, 3},
          {-1, -2, 3},
          {-2, -2, -3},
          {1, 2, Integer.MIN_VALUE}
        }) {
      refuses(
          "ldlSolve: no factorisation of order 3",
          () -> Linalg.ldlSolve(a, Tensor.of(wrong).to(DType.INT32), a));
    }
    Tensor fits = Linalg.ldlSolve(a, Tensor.of(new int[] {-2, -2, 3}).to(DType.INT32), a);
    assertEquals(a.shape(), fits.shape());
  }
}
