package dev.chagres.profiler;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.chagres.core.Driver;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.linalg.Linalg;
import dev.chagres.linalg.SvdMode;
import dev.chagres.tensor.Tensor;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The operations that a profile tells of factorisations, beside those of the loops in textbooks.
 */
class FactorizationCountTest {
  private static final int MANY = 300;
  private static final int FEW = 120;

  /** Terms of lower order are left out. */
  private static final double LOWER_ORDER = 0.02;

  private final Tensor tall = Tensor.rand(2, MANY, FEW);
  private final Tensor wide = Tensor.rand(2, FEW, MANY);
  private final Tensor square = Tensor.eye(MANY).add(Tensor.rand(MANY, MANY).mul(1e-3));
  private final Tensor symmetric = square.add(square.t());
  private final Tensor sides = Tensor.rand(MANY, 7);

  private static double count(String kernel, Runnable code) {
    return Profiler.run(code).calls().stream()
        .filter(call -> call.kernel().equals(kernel))
        .mapToLong(Profile.Call::floatingOperations)
        .sum();
  }

  private static double sum(int steps, IntToLongFunction ofStep) {
    return IntStream.range(0, steps).mapToLong(ofStep).sum();
  }

  private static void assertNear(double expected, double counted) {
    assertEquals(expected, counted, LOWER_ORDER * expected);
  }

  @Test
  void gaussianElimination() {
    IntToLongFunction step = k -> 2L * (MANY - k) * (FEW - k);
    assertNear(2 * sum(FEW, step), count("lu", () -> Linalg.luFactor(tall)));
    assertNear(2 * sum(FEW, step), count("lu", () -> Linalg.luFactor(wide)));
    double both = 2 * sum(MANY, k -> 2L * k * 7);
    assertNear(both, count("luSolve", () -> Linalg.solve(square, sides)));
    Tensor triangle = square.tril();
    assertNear(
        both / 2,
        count("solveTriangular", () -> Linalg.solveTriangular(triangle, sides, Triangle.LOWER)));
  }

  @Test
  void symmetricFactors() {
    double half = sum(MANY, k -> (long) k * k);
    assertNear(half, count("cholesky", () -> Linalg.cholesky(symmetric)));
    assertNear(half, count("ldl", () -> Linalg.ldlFactor(symmetric)));
    var factors = Linalg.ldlFactor(symmetric);
    assertNear(
        sum(MANY, k -> 4L * k * 7),
        count("ldlSolve", () -> Linalg.ldlSolve(factors.ld(), factors.pivots(), sides)));
  }

  /** A reflection of a part of a matrix is a product with a vector, and an outer product. */
  @Test
  void reflections() {
    IntToLongFunction step = k -> 4L * (MANY - k) * (FEW - k);
    assertNear(2 * sum(FEW, step), count("qr", () -> Linalg.qr(tall)));
    assertNear(2 * sum(FEW, step), count("qr", () -> Linalg.qr(wide)));
    assertNear(2 * sum(FEW, step), count("orthogonal", () -> Linalg.qr(tall)));
    Tensor a = Tensor.rand(MANY, FEW);
    Tensor tau = Tensor.rand(FEW);
    double product = sum(FEW, k -> 4L * (MANY - k) * 7);
    assertNear(product, count("timesOrthogonal", () -> Linalg.ormqr(a, tau, sides)));
    assertNear(
        product,
        count(
            "timesOrthogonal", () -> Linalg.ormqr(a, tau, sides.t(), Side.RIGHT, Transposed.YES)));
  }

  /** Golub and Van Loan, Matrix Computations, 4th edition, figure 8.6.1 and section 8.3. */
  @Test
  void iterations() {
    double m = MANY;
    double n = FEW;
    assertEquals(
        Math.round(2 * (4 * m * n * n - 4 * n * n * n / 3)),
        count("svd", () -> Linalg.svdvals(wide)));
    assertEquals(
        2 * (14 * m * n * n + 8 * n * n * n),
        count("svd", () -> Linalg.svd(tall, SvdMode.REDUCED)));
    assertEquals(
        2 * (4 * m * m * n + 8 * m * n * n + 9 * n * n * n),
        count("svd", () -> Linalg.svd(tall, SvdMode.FULL)));
    assertEquals(4 * m * m * m / 3, count("eigh", () -> Linalg.eigvalsh(symmetric)));
    assertEquals(9 * m * m * m, count("eigh", () -> Linalg.eigh(symmetric)));
  }

  @Test
  void leastSquares() {
    Tensor a = tall.select(0, 0);
    double reflected = sum(FEW, k -> 4L * (MANY - k) * (FEW - k + 7));
    double solved = sum(FEW, k -> 2L * k * 7);
    for (Driver driver : new Driver[] {Driver.GELS, Driver.GELSY}) {
      assertNear(reflected + solved, count("leastSquares", () -> Linalg.lstsq(a, sides, driver)));
    }
    double values = count("svd", () -> Linalg.svdvals(a));
    double applied = sum(FEW, k -> 4L * (MANY - k) * 7);
    assertNear(
        values + applied + solved,
        count("leastSquares", () -> Linalg.lstsq(a, sides, Driver.GELSD)));
  }
}
