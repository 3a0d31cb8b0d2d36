package dev.chagres.linalg;

import static dev.chagres.linalg.LinalgTest.assertClose;
import static dev.chagres.linalg.LinalgTest.identity;
import static dev.chagres.linalg.LinalgTest.random;
import static dev.chagres.linalg.LinalgTest.regular;
import static dev.chagres.linalg.LinalgTest.symmetric;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Exponentials, powers, chains, norms and condition numbers of matrices, and what is composed. */
@OnEveryDevice
class MatrixFunctionsTest {
  private static final double INFINITY = Double.POSITIVE_INFINITY;

  @BeforeEach
  void seed() {
    Chagres.manualSeed(3);
  }

  @Test
  void exponentialsOfEverySize() {
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      // One degree after the other, then squarings.
      for (double norm : new double[] {0, 1e-3, 0.1, 0.5, 1.5, 3, 5, 20, 60}) {
        Tensor v = Linalg.eigh(symmetric(DType.FLOAT64, 4, 4)).eigenvectors();
        Tensor values = Tensor.of(new double[] {-1, -0.3, 0.2, 0.9}).to(DType.FLOAT64).mul(norm);
        Tensor a = v.mul(values).matmul(v.mT()).to(dtype);
        Tensor expected = v.mul(values.exp()).matmul(v.mT()).to(dtype);
        assertClose(expected, Linalg.matrixExp(a));
        Tensor batch = Tensor.stack(List.of(a, a.mul(0), a.neg()));
        Tensor all = Linalg.matrixExp(batch);
        assertClose(identity(a, 4), all.select(0, 1));
        assertClose(expected, all.select(0, 0));
      }
    }
    // Nilpotent: the series ends.
    Tensor shift = Tensor.of(new double[] {7, 7}).to(DType.FLOAT64).diagEmbed(1);
    assertClose(
        identity(shift, 3).add(shift).add(shift.matmul(shift).div(2)), Linalg.matrixExp(shift));
    Tensor broken = Tensor.full(Shape.of(2, 2), Double.NaN, DType.FLOAT64);
    Tensor both = Linalg.matrixExp(Tensor.stack(List.of(broken, broken.zerosLike())));
    assertTrue(both.select(0, 0).isnan().all().isTrue());
    assertClose(identity(both, 2), both.select(0, 1));
    assertEquals(DType.BFLOAT16, Linalg.matrixExp(Tensor.zeros(DType.BFLOAT16, 2, 2)).dtype());
  }

  @Test
  void powers() {
    Tensor a = regular(DType.FLOAT64, 2, 3, 3);
    Tensor product = identity(a, 3);
    for (int n = 0; n < 9; n++) {
      assertClose(product.expand(2, 3, 3), Linalg.matrixPower(a, n));
      assertClose(Linalg.inv(product).expand(2, 3, 3), Linalg.matrixPower(a, -n));
      product = product.matmul(a);
    }
    Linalg.matrixPower(a, 1).zero_();
    assertTrue(a.ne(0).any().isTrue(), "a power is no view");
  }

  @Test
  void chainsMultiplyInTheOrderOfTheFewestOperations() {
    Tensor column = random(DType.FLOAT64, 3000, 1);
    Tensor row = random(DType.FLOAT64, 1, 3000);
    // From left to right each product but the first would have nine million elements.
    Tensor y = Linalg.multiDot(List.of(column, row, column, row, column));
    double inner = row.matmul(column).item();
    assertClose(column.mul(inner * inner), y);
    Tensor vector = random(DType.FLOAT64, 3);
    Tensor a = random(DType.FLOAT64, 3, 4);
    assertClose(vector.matmul(a), Linalg.multiDot(List.of(vector, a)));
    assertEquals(Shape.of(), Linalg.multiDot(List.of(vector, a, a.mT(), vector)).shape());
    LinalgErrorsTest.refuses("multiDot: needs two tensors", () -> Linalg.multiDot(List.of(a)));
    LinalgErrorsTest.refuses(
        "multiDot: inner sizes differ, (3, 4) x (3, 4)", () -> Linalg.multiDot(List.of(a, a)));
    LinalgErrorsTest.refuses(
        "multiDot: needs matrices", () -> Linalg.multiDot(List.of(a, vector, a)));
  }

  @Test
  void norms() {
    Tensor a = Tensor.of(new double[][] {{3, -4}, {0, 1}}, DType.FLOAT64);
    assertEquals(Math.sqrt(26), Linalg.norm(a).item(), 1e-12);
    assertEquals(Math.sqrt(26), Linalg.matrixNorm(a).item(), 1e-12);
    assertEquals(5, Linalg.matrixNorm(a, 1).item());
    assertEquals(3, Linalg.matrixNorm(a, -1).item());
    assertEquals(7, Linalg.matrixNorm(a, INFINITY).item());
    assertEquals(1, Linalg.norm(a, -INFINITY).item());
    Tensor s = Linalg.svdvals(a);
    assertEquals(s.sum().item(), Linalg.norm(a, NormOrder.NUC).item(), 1e-12);
    assertEquals(s.select(0, 0).item(), Linalg.norm(a, 2).item(), 1e-12);
    assertEquals(s.select(0, 1).item(), Linalg.norm(a, -2).item(), 1e-12);
    assertEquals(3, Linalg.vectorNorm(a, 0).item());
    assertEquals(4, Linalg.vectorNorm(a, INFINITY).item());
    assertEquals(8, Linalg.vectorNorm(a, 1).item());
    Tensor lines = Linalg.norm(a, 1, Keep.KEEPDIM, 0);
    assertEquals(Shape.of(1, 2), lines.shape());
    assertArrayEquals(new double[] {3, 5}, lines.toDoubleArray());
    Tensor cube = random(DType.FLOAT64, 2, 3, 4);
    assertEquals(Shape.of(1, 3, 1), Linalg.matrixNorm(cube, 2, Keep.KEEPDIM, 2, 0).shape());
    assertClose(
        Linalg.matrixNorm(cube.permute(1, 2, 0), 1),
        Linalg.matrixNorm(cube, 1, Keep.DROPDIM, 2, 0));
    LinalgErrorsTest.refuses(
        "norm: an order is of vectors or matrices", () -> Linalg.norm(cube, 1));
    LinalgErrorsTest.refuses(
        "matrixNorm: a matrix has norms of order", () -> Linalg.matrixNorm(a, 3));
    LinalgErrorsTest.refuses(
        "matrixNorm: a matrix has two dimensions", () -> Linalg.matrixNorm(a, 1, Keep.DROPDIM, 0));
    LinalgErrorsTest.refuses(
        "vectorNorm: order Infinity needs elements",
        () -> Linalg.vectorNorm(Tensor.zeros(0), INFINITY));
    // The square of this is no float16.
    assertEquals(512, Linalg.vectorNorm(Tensor.full(Shape.of(4), 256, DType.FLOAT16)).item());
  }

  @Test
  void conditionNumbers() {
    Tensor a = Tensor.of(new double[][] {{4, 0}, {0, -0.5}}, DType.FLOAT64);
    assertEquals(8, Linalg.cond(a).item(), 1e-12);
    assertEquals(0.125, Linalg.cond(a, -2).item(), 1e-12);
    for (double p : new double[] {1, INFINITY}) {
      assertEquals(8, Linalg.cond(a, p).item(), 1e-12);
    }
    assertEquals(
        Linalg.norm(a).item() * Linalg.norm(Linalg.inv(a)).item(),
        Linalg.cond(a, NormOrder.FRO).item(),
        1e-12);
    Tensor both = Tensor.stack(List.of(a, a.zerosLike()));
    for (NormOrder order : NormOrder.values()) {
      Tensor found = Linalg.cond(both, order);
      assertEquals(Linalg.cond(a, order).item(), found.select(0, 0).item(), 1e-12);
      assertEquals(INFINITY, found.select(0, 1).item());
    }
    assertEquals(INFINITY, Linalg.cond(a.zerosLike(), 1).item());
    assertEquals(0, Linalg.cond(Tensor.zeros(0, 0)).item());
  }

  @Test
  void smallOnes() {
    Tensor x = Tensor.of(new double[][] {{1, 0, 0}, {1, 2, 3}}, DType.FLOAT64);
    Tensor y = Tensor.of(new double[][] {{0, 1, 0}, {4, 5, 6}}, DType.FLOAT64);
    assertArrayEquals(new double[] {0, 0, 1, -3, 6, -3}, Linalg.cross(x, y).toDoubleArray());
    assertArrayEquals(new double[] {0, 32}, Linalg.vecdot(x, y).toDoubleArray());
    assertArrayEquals(new double[] {4, 10, 18}, Linalg.vecdot(x, y, 0).toDoubleArray());
    assertArrayEquals(
        new long[] {1, 2, 4, 1, 3, 9},
        Linalg.vander(Tensor.of(new long[] {2, 3}), 3).toLongArray());
    Tensor a = random(DType.FLOAT64, 2, 3, 6);
    Tensor inverse = Linalg.tensorinv(a);
    assertEquals(Shape.of(6, 2, 3), inverse.shape());
    assertClose(identity(a, 6), inverse.reshape(6, 6).matmul(a.reshape(6, 6)));
    Tensor b = random(DType.FLOAT64, 2, 3);
    assertClose(inverse.reshape(6, 6).matmul(b.flatten()), Linalg.tensorsolve(a, b));
  }

  /** A least singular value of 0 has no sign, recorded or not. */
  @Test
  void conditionNumbersAreNotNegative() {
    double[] values = {0, -3.0000000054977558E38, -3, -3, 1, 1, -3, 1, -2};
    Tensor a = Tensor.of(values, DType.FLOAT32).reshape(3, 3);
    assertEquals(Double.POSITIVE_INFINITY, Linalg.cond(a).item());
    assertEquals(Double.POSITIVE_INFINITY, Linalg.cond(a.clone().requiresGrad_()).item());
  }
}
