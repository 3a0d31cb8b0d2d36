package dev.chagres.linalg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Diagonal;
import dev.chagres.core.Driver;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Gradients of first and second order against differences. What a decomposition leaves open, the
 * sign of a vector, is taken out by squaring.
 */
@OnEveryDevice
class LinalgGradientsTest {
  private static final double INFINITY = Double.POSITIVE_INFINITY;

  /** A function of tensors, at some. */
  private record Row(
      String name, Function<List<Tensor>, List<Tensor>> function, List<long[]> sizes) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final List<Row> ROWS = new ArrayList<>();

  private static void row(
      String name, Function<List<Tensor>, List<Tensor>> function, long[]... sizes) {
    ROWS.add(new Row(name, function, List.of(sizes)));
  }

  private static void one(String name, Function<Tensor, Tensor> function, long... sizes) {
    row(name, x -> List.of(function.apply(x.getFirst())), new long[][] {sizes});
  }

  private static long[] of(long... sizes) {
    return sizes;
  }

  /** Positive definite. */
  private static Tensor definite(Tensor x) {
    return x.matmul(x.mT()).add(Tensor.eye(DType.FLOAT64, x.size(-2), x.size(-2)));
  }

  private static Tensor symmetric(Tensor x) {
    return x.add(x.mT());
  }

  /** Far from singular. */
  private static Tensor regular(Tensor x) {
    return x.add(Tensor.eye(DType.FLOAT64, x.size(-2), x.size(-1)).mul(3));
  }

  static {
    for (Side side : Side.values()) {
      row(
          "solve " + side,
          x -> List.of(Linalg.solve(regular(x.get(0)), x.get(1), side)),
          of(2, 3, 3),
          side == Side.LEFT ? of(3, 2) : of(4, 3));
      for (Diagonal diagonal : Diagonal.values()) {
        for (Triangle triangle : Triangle.values()) {
          row(
              "solveTriangular " + side + " " + diagonal + " " + triangle,
              x ->
                  List.of(
                      Linalg.solveTriangular(
                          regular(x.get(0)), x.get(1), triangle, side, diagonal)),
              of(3, 3),
              of(2, 3, 3));
        }
      }
      for (Transposed transposed : Transposed.values()) {
        row(
            "luSolve " + side + " " + transposed,
            x -> {
              LuFactor factors = Linalg.luFactor(regular(x.get(0)));
              return List.of(
                  Linalg.luSolve(factors.lu(), factors.pivots(), x.get(1), side, transposed));
            },
            of(2, 3, 3),
            of(3, 3));
        row(
            "ormqr " + side + " " + transposed,
            x -> List.of(Linalg.ormqr(x.get(0), x.get(1), x.get(2), side, transposed)),
            of(3, 2),
            of(2),
            of(3, 3));
      }
    }
    row("solve vector", x -> List.of(Linalg.solve(regular(x.get(0)), x.get(1))), of(3, 3), of(3));
    row(
        "solveEx",
        x -> List.of(Linalg.solveEx(regular(x.get(0)), x.get(1)).result()),
        of(2, 2),
        of(2, 1));
    one("inv", x -> Linalg.inv(regular(x)), 2, 3, 3);
    one("det", Linalg::det, 2, 3, 3);
    one("det 1", Linalg::det, 1, 1);
    one("slogdet", x -> Linalg.slogdet(x).logabsdet(), 2, 3, 3);
    one("logdet", x -> Linalg.logdet(definite(x)), 3, 3);
    for (Triangle triangle : Triangle.values()) {
      one("cholesky " + triangle, x -> Linalg.cholesky(definite(x), triangle), 2, 3, 3);
      one(
          "choleskyInverse " + triangle,
          x -> Linalg.choleskyInverse(Linalg.cholesky(definite(x), triangle), triangle),
          3,
          3);
      row(
          "choleskySolve " + triangle,
          x ->
              List.of(
                  Linalg.choleskySolve(
                      x.get(1), Linalg.cholesky(definite(x.get(0)), triangle), triangle)),
          of(3, 3),
          of(2, 3, 1));
      one(
          "eigh " + triangle,
          x -> Linalg.eigh(symmetric(x), triangle).eigenvectors().square(),
          2,
          3,
          3);
      one("eigvalsh " + triangle, x -> Linalg.eigvalsh(symmetric(x), triangle), 3, 3);
    }
    for (long[] sizes : new long[][] {{3, 3}, {2, 2, 4}, {4, 2}}) {
      String shape = " " + sizes[sizes.length - 2] + " x " + sizes[sizes.length - 1];
      one("luFactor" + shape, x -> Linalg.luFactorEx(x).lu(), sizes);
      row(
          "lu" + shape,
          x -> {
            Lu lu = Linalg.lu(x.getFirst());
            return List.of(lu.l(), lu.u());
          },
          sizes);
      row(
          "qr" + shape,
          x -> {
            Qr qr = Linalg.qr(x.getFirst());
            return List.of(qr.q(), qr.r());
          },
          sizes);
      for (SvdMode mode : SvdMode.values()) {
        row(
            "svd " + mode + shape,
            x -> {
              Svd svd = Linalg.svd(x.getFirst(), mode);
              long k = svd.s().size(-1);
              return List.of(
                  svd.u().narrow(-1, 0, k).square(), svd.s(), svd.vh().narrow(-2, 0, k).square());
            },
            sizes);
      }
      one("svd u" + shape, x -> Linalg.svd(x, SvdMode.REDUCED).u().square(), sizes);
      one("svd vh" + shape, x -> Linalg.svd(x, SvdMode.REDUCED).vh().square(), sizes);
      one("svdvals" + shape, Linalg::svdvals, sizes);
      one("pinv" + shape, Linalg::pinv, sizes);
      for (Driver driver : Driver.values()) {
        row(
            "lstsq " + driver + shape,
            x -> List.of(Linalg.lstsq(x.get(0), x.get(1), driver).solution()),
            sizes,
            of(sizes[sizes.length - 2], 2));
      }
      for (NormOrder order : NormOrder.values()) {
        one("matrixNorm " + order + shape, x -> Linalg.matrixNorm(x, order), sizes);
      }
      for (double order : new double[] {1, -1, 2, -2, INFINITY, -INFINITY}) {
        one("matrixNorm " + order + shape, x -> Linalg.matrixNorm(x, order), sizes);
      }
    }
    row(
        "lstsq residuals",
        x -> List.of(Linalg.lstsq(x.get(0), x.get(1), Driver.GELS).residuals()),
        of(2, 4, 2),
        of(4, 2));
    row(
        "qr complete",
        x -> {
          Qr qr = Linalg.qr(x.getFirst(), QrMode.COMPLETE);
          return List.of(qr.q(), qr.r());
        },
        of(2, 3));
    row(
        "pinv of low rank",
        x -> List.of(Linalg.pinv(x.get(0).matmul(x.get(1)))),
        of(4, 2),
        of(2, 3));
    one(
        "pinv hermitian",
        x -> Linalg.pinv(symmetric(x), Tolerance.DEFAULT, Symmetry.HERMITIAN),
        3,
        3);
    one("pinverse", Linalg::pinverse, 3, 2);
    row(
        "householderProduct",
        x -> List.of(Linalg.householderProduct(x.get(0), x.get(1))),
        of(2, 4, 3),
        of(2, 2));
    one("matrixExp", Linalg::matrixExp, 2, 3, 3);
    one("matrixExp of large numbers", x -> Linalg.matrixExp(x.mul(4)), 2, 2);
    for (long n : new long[] {0, 1, 2, 5, -1, -3}) {
      one("matrixPower " + n, x -> Linalg.matrixPower(regular(x), n), 2, 2, 2);
    }
    for (double order : new double[] {0, 0.5, 1, 1.5, 2, 3.5, -1, -2.5, INFINITY, -INFINITY}) {
      one("vectorNorm " + order, x -> Linalg.vectorNorm(x, order, Keep.KEEPDIM, 1), 2, 3, 2);
    }
    one("norm", Linalg::norm, 2, 3);
    one("cond", Linalg::cond, 2, 3, 3);
    one("cond -2", x -> Linalg.cond(x, -2), 3, 2);
    one("cond 1", x -> Linalg.cond(regular(x), 1), 3, 3);
    one("cond fro", x -> Linalg.cond(regular(x), NormOrder.FRO), 3, 3);
    row("multiDot", x -> List.of(Linalg.multiDot(x)), of(2), of(2, 3), of(3, 2), of(2));
    row("vecdot", x -> List.of(Linalg.vecdot(x.get(0), x.get(1), 0)), of(3, 2), of(3, 1));
    row("cross", x -> List.of(Linalg.cross(x.get(0), x.get(1), 0)), of(3, 2), of(3, 1));
    one("vander", x -> Linalg.vander(x, 4), 2, 3);
    one("tensorinv", x -> Linalg.tensorinv(regular(x.reshape(4, 4)).reshape(2, 2, 4)), 2, 2, 4);
    row(
        "tensorsolve",
        x -> List.of(Linalg.tensorsolve(x.get(0), x.get(1), 1)),
        of(2, 4, 2),
        of(2, 2));
    one("diagonal", x -> Linalg.diagonal(x, 1), 2, 3, 3);
  }

  static Stream<Arguments> rows() {
    return ROWS.stream().map(Arguments::of);
  }

  private static List<Tensor> inputs(Row row) {
    Chagres.manualSeed(11);
    List<Tensor> inputs = new ArrayList<>();
    for (long[] sizes : row.sizes()) {
      inputs.add(Tensor.randn(DType.FLOAT64, sizes).requiresGrad_());
    }
    return inputs;
  }

  @ParameterizedTest
  @MethodSource("rows")
  void first(Row row) {
    GradCheck.gradcheck(row.function(), inputs(row));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void second(Row row) {
    GradCheck.gradgradcheck(row.function(), inputs(row));
  }

  // ---- where there is no inverse

  @Test
  void theGradientOfASingularDeterminantIsItsCofactors() {
    for (double[][] rows :
        new double[][][] {
          {{1, 2, 3}, {2, 4, 6}, {1, 0, 1}},
          {{2, 4, 6}, {1, 2, 3}, {1, 0, 1}},
          {{1, 0, 1}, {1, 2, 3}, {2, 4, 6}},
          {{1, 2, 3}, {2, 4, 6}, {-1, 0, -1}},
          {{3, 2, 1}, {6, 4, 2}, {1, 0, 1}},
          {{1, 2, 3}, {2, 4, 6}, {3, 6, 9}},
        }) {
      Tensor a = Tensor.of(rows, DType.FLOAT64).requiresGrad_();
      GradCheck.gradcheck(Linalg::det, a);
    }
    // Beside a regular one.
    Tensor both = Tensor.eye(DType.FLOAT64, 2, 2).expand(2, 2, 2).clone();
    both.select(0, 1).zero_();
    both.requiresGrad_();
    Linalg.det(both).sum().backward();
    assertTrue(
        both.grad()
            .allclose(
                Tensor.of(new double[][][] {{{1, 0}, {0, 1}}, {{0, 0}, {0, 0}}}, DType.FLOAT64)));
  }

  @Test
  void equalValuesHaveGradientsOfTheirSum() {
    Tensor a = Tensor.eye(DType.FLOAT64, 3, 3).requiresGrad_();
    Linalg.svdvals(a).sum().add(Linalg.eigvalsh(a).sum()).backward();
    assertTrue(a.grad().allclose(Tensor.eye(DType.FLOAT64, 3, 3).mul(2)));
  }

  @Test
  void normsAtZeroHaveTheGradientZero() {
    for (double order : new double[] {0, 0.5, 1, 1.5, 2, 3}) {
      Tensor x = Tensor.zeros(DType.FLOAT64, 3).requiresGrad_();
      Linalg.vectorNorm(x, order).backward();
      assertEquals(0, x.grad().abs().sum().item(), "" + order);
    }
    Tensor ties = Tensor.of(new double[] {-2, 2, 1}).to(DType.FLOAT64).requiresGrad_();
    Linalg.vectorNorm(ties, INFINITY).backward();
    assertTrue(ties.grad().equal(Tensor.of(new double[] {-0.5, 0.5, 0}).to(DType.FLOAT64)));
  }

  // ---- where there is none

  @Test
  void whatHasNoGradientSaysSo() {
    Tensor a = Tensor.randn(DType.FLOAT64, 4, 3).requiresGrad_();
    Tensor square = Tensor.eye(DType.FLOAT64, 3, 3).requiresGrad_();
    says("qr: R alone has no gradient", Linalg.qr(a, QrMode.R).r());
    says("qr: the complete Q of more rows", Linalg.qr(a, QrMode.COMPLETE).q());
    says("geqrf: there is no gradient", Linalg.geqrf(a).a());
    LdlFactor factors = Linalg.ldlFactor(square);
    says("ldlFactor: there is no gradient", factors.ld());
    says("ldlSolve: there is no gradient", Linalg.ldlSolve(square, factors.pivots(), square));
    assertNull(Linalg.matrixRank(a).gradFn());
    assertNull(Linalg.lu(a).p().gradFn());
  }

  private static void says(String message, Tensor y) {
    var e = assertThrows(UnsupportedOperationException.class, () -> y.sum().backward());
    assertTrue(e.getMessage().startsWith(message), e::getMessage);
  }

  @Test
  void nodesHaveNames() {
    Tensor a = Tensor.eye(DType.FLOAT64, 3, 3).requiresGrad_();
    assertEquals("LinalgSolveExBackward", name(Linalg.solve(a, a)));
    assertEquals("LinalgInvExBackward", name(Linalg.inv(a)));
    assertEquals("LinalgDetBackward", name(Linalg.det(a)));
    assertEquals("LinalgSvdBackward", name(Linalg.svd(a).s()));
    assertEquals("LinalgEighBackward", name(Linalg.eigvalsh(a)));
    assertEquals("LinalgQrBackward", name(Linalg.qr(a).q()));
    assertEquals("LinalgCholeskyExBackward", name(Linalg.cholesky(a)));
    assertEquals("LinalgLuFactorExBackward", name(Linalg.luFactor(a).lu()));
    assertEquals("LinalgPinvBackward", name(Linalg.pinv(a)));
    assertEquals("LinalgMatrixExpBackward", name(Linalg.matrixExp(a)));
    assertEquals("LinalgVectorNormBackward", name(Linalg.vectorNorm(a, 2, Keep.KEEPDIM)));
  }

  private static String name(Tensor y) {
    assertNotNull(y.gradFn());
    return y.gradFn().name();
  }

  /** LAPACK leaves rows and columns of zeros alone, also where the reflections are not finite. */
  @Test
  void recordedReflectionsHaveTheSameValues() {
    Tensor a = Tensor.rand(DType.FLOAT64, 3, 3);
    Tensor tau = Tensor.ones(DType.FLOAT64, 3).div(0);
    Tensor zeros = Tensor.zeros(DType.FLOAT64, 3, 3);
    for (Side side : Side.values()) {
      for (Transposed transposed : Transposed.values()) {
        Tensor plain = Linalg.ormqr(a, tau, zeros, side, transposed);
        Tensor leaf = a.clone().requiresGrad_();
        Tensor recorded = Linalg.ormqr(leaf, tau, zeros, side, transposed).detach();
        assertArrayEquals(plain.toDoubleArray(), recorded.toDoubleArray());
        assertEquals("OrmqrBackward", name(Linalg.ormqr(leaf, tau, zeros, side, transposed)));
      }
    }
    Tensor leaf = a.clone().requiresGrad_();
    assertArrayEquals(
        Linalg.householderProduct(a, tau).toDoubleArray(),
        Linalg.householderProduct(leaf, tau).detach().toDoubleArray());
    assertEquals("LinalgHouseholderProductBackward", name(Linalg.householderProduct(leaf, tau)));
  }

  @Test
  void noReflectionsLeaveACopy() {
    Tensor b = Tensor.eye(DType.FLOAT64, 3, 3);
    Tensor none = Tensor.zeros(DType.FLOAT64, 0);
    Tensor product = Linalg.ormqr(Tensor.eye(DType.FLOAT64, 3, 3).requiresGrad_(), none, b);
    product.detach().zero_();
    assertEquals(3, b.sum().item());
  }
}
