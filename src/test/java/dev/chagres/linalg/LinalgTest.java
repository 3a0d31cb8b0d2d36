package dev.chagres.linalg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Diagonal;
import dev.chagres.core.Driver;
import dev.chagres.core.Shape;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import dev.chagres.testing.TestDevice;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What each function's result must satisfy. */
@Timeout(300)
@OnEveryDevice
class LinalgTest {
  @BeforeEach
  void seed() {
    Chagres.manualSeed(3);
  }

  /**
   * A few small ones, and on the CPU those that go to another thread, and batches that several
   * threads share: a GPU has a block for each matrix, whose sides an emulator works off one by one.
   */
  static Stream<Arguments> shapes() {
    boolean cpu = TestDevice.isCpu();
    long[][] shapes = {
      {1, 1},
      {5, 5},
      {7, 4},
      {4, 7},
      cpu ? new long[] {90, 90} : new long[] {40, 40},
      cpu ? new long[] {100, 70} : new long[] {45, 33},
      {cpu ? 300 : 20, 3, 3},
      {cpu ? 40 : 5, 20, 12},
      {2, 3, 12, 20}
    };
    return Stream.of(DType.FLOAT32, DType.FLOAT64)
        .flatMap(dtype -> Stream.of(shapes).map(shape -> Arguments.of(dtype, shape)));
  }

  static Stream<Arguments> squares() {
    return shapes().filter(arguments -> isSquare((long[]) arguments.get()[1]));
  }

  private static boolean isSquare(long... shape) {
    return shape[shape.length - 1] == shape[shape.length - 2];
  }

  static Tensor random(DType dtype, long... shape) {
    return Tensor.randn(dtype, shape);
  }

  /** A matrix that is far from singular, and lies in memory like no other. */
  static Tensor regular(DType dtype, long... shape) {
    long n = shape[shape.length - 1];
    return random(dtype, shape).mT().add(Tensor.eye(dtype, n, n).mul(2 * n)).mT();
  }

  static Tensor symmetric(DType dtype, long... shape) {
    Tensor x = random(dtype, shape);
    return x.add(x.mT());
  }

  static Tensor identity(Tensor like, long n) {
    return Tensor.eye(like.dtype(), n, n);
  }

  static void assertClose(Tensor expected, Tensor got) {
    assertEquals(expected.dtype(), got.dtype());
    double scale = 1 + expected.abs().max().item();
    double tolerance = (got.dtype() == DType.FLOAT32 ? 2e-4 : 1e-11) * scale;
    double off = expected.sub(got).abs().max().item();
    assertTrue(off <= tolerance, () -> "off by " + off + " of " + scale);
  }

  // ---- systems

  @ParameterizedTest
  @MethodSource("squares")
  void solutionsSolve(DType dtype, long... shape) {
    Tensor a = regular(dtype, shape);
    long n = shape[shape.length - 1];
    Tensor b = random(dtype, n, 3);
    assertClose(b.expand(a.matmul(b).shape().toArray()), a.matmul(Linalg.solve(a, b)));
    Tensor c = random(dtype, 2, n);
    Tensor x = Linalg.solve(a, c, Side.RIGHT);
    assertClose(c.expand(x.shape().toArray()), x.matmul(a));
    Tensor inverse = Linalg.inv(a);
    assertClose(identity(a, n).expand(a.shape().toArray()), a.matmul(inverse));
    LuFactor factors = Linalg.luFactor(a);
    for (Side side : Side.values()) {
      for (Transposed transposed : Transposed.values()) {
        Tensor op = transposed == Transposed.YES ? a.mT() : a;
        Tensor rhs = side == Side.LEFT ? b : c;
        Tensor y = Linalg.luSolve(factors.lu(), factors.pivots(), rhs, side, transposed);
        Tensor product = side == Side.LEFT ? op.matmul(y) : y.matmul(op);
        assertClose(rhs.expand(product.shape().toArray()), product);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("squares")
  void triangularSolutionsSolve(DType dtype, long... shape) {
    Tensor a = regular(dtype, shape);
    long n = shape[shape.length - 1];
    for (Triangle triangle : Triangle.values()) {
      for (Diagonal diagonal : Diagonal.values()) {
        Tensor scaled = diagonal == Diagonal.ONES ? a.div(4 * n) : a;
        Tensor read = triangle == Triangle.LOWER ? scaled.tril() : scaled.triu();
        Tensor meant =
            diagonal == Diagonal.STORED
                ? read
                : read.sub(read.diagonal(0, -2, -1).diagEmbed()).add(identity(a, n));
        Tensor b = random(dtype, n, 3);
        Tensor x = Linalg.solveTriangular(scaled, b, triangle, Side.LEFT, diagonal);
        assertClose(b.expand(x.shape().toArray()), meant.matmul(x));
        Tensor c = random(dtype, 2, n);
        Tensor y = Linalg.solveTriangular(scaled.contiguous(), c, triangle, Side.RIGHT, diagonal);
        assertClose(c.expand(y.shape().toArray()), y.matmul(meant));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("squares")
  void definiteMatricesHaveRoots(DType dtype, long... shape) {
    Tensor root = regular(dtype, shape);
    Tensor a = root.matmul(root.mT()).div(root.size(-1));
    for (Triangle triangle : Triangle.values()) {
      boolean lower = triangle == Triangle.LOWER;
      Tensor noise = Tensor.full(Shape.of(), Double.NaN, dtype);
      Tensor half = lower ? a.tril() : a.triu();
      Tensor one = Tensor.where(half.eq(0), noise, half);
      Tensor l = Linalg.cholesky(one, triangle);
      assertClose(a, lower ? l.matmul(l.mT()) : l.mT().matmul(l));
      assertTrue((lower ? l.triu(1) : l.tril(-1)).eq(0).all().isTrue());
      Tensor b = random(dtype, a.size(-1), 2);
      Tensor x = Linalg.choleskySolve(b, l, triangle);
      assertClose(b.expand(x.shape().toArray()), a.matmul(x));
      Tensor inverse = Linalg.choleskyInverse(l, triangle);
      assertClose(identity(a, a.size(-1)).expand(a.shape().toArray()), a.matmul(inverse));
    }
  }

  @ParameterizedTest
  @MethodSource("squares")
  void symmetricSystemsAreSolved(DType dtype, long... shape) {
    long n = shape[shape.length - 1];
    // Zeros on the diagonal ask for blocks of two.
    Tensor a = symmetric(dtype, shape);
    a = n == 1 ? a.add(1) : a.sub(a.diagonal(0, -2, -1).diagEmbed()).add(flipped(a, n));
    LdlFactor factors = Linalg.ldlFactor(a.tril());
    Tensor b = random(dtype, n, 2);
    Tensor x = Linalg.ldlSolve(factors.ld(), factors.pivots(), b);
    assertClose(b.expand(x.shape().toArray()), a.matmul(x));
    assertTrue(n == 1 || factors.pivots().lt(0).any().isTrue());
  }

  /** Large numbers beside the diagonal, in pairs of rows. */
  private static Tensor flipped(Tensor like, long n) {
    Tensor beside = Tensor.zeros(like.dtype(), n, n);
    for (long i = 0; i + 1 < n; i += 2) {
      beside.put(i + ", " + (i + 1), 8 * n);
      beside.put((i + 1) + ", " + i, 8 * n);
    }
    if (n % 2 != 0) {
      beside.put("-1, -1", 8 * n);
    }
    return beside;
  }

  @ParameterizedTest
  @MethodSource("squares")
  void determinantsMultiply(DType dtype, long... shape) {
    long n = shape[shape.length - 1];
    Tensor a = random(dtype, shape).div(Math.sqrt(n));
    Tensor b = random(dtype, shape).div(Math.sqrt(n));
    assertClose(Linalg.det(a).mul(Linalg.det(b)), Linalg.det(a.matmul(b)));
    SlogDet slogdet = Linalg.slogdet(a);
    assertClose(Linalg.det(a), slogdet.sign().mul(slogdet.logabsdet().exp()));
    Tensor positive = a.matmul(a.mT()).add(identity(a, n));
    assertClose(Linalg.det(positive).log(), Linalg.logdet(positive));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void triangularFactorsMultiply(DType dtype, long... shape) {
    Tensor a = random(dtype, shape);
    Lu lu = Linalg.lu(a);
    assertClose(a, lu.p().matmul(lu.l()).matmul(lu.u()));
    assertTrue(lu.l().triu(1).eq(0).all().isTrue() && lu.u().tril(-1).eq(0).all().isTrue());
    assertTrue(lu.l().diagonal(0, -2, -1).eq(1).all().isTrue());
    LuFactor packed = Linalg.luFactor(a);
    Lu again = Linalg.luUnpack(packed.lu(), packed.pivots());
    assertTrue(again.p().equal(lu.p()) && again.l().equal(lu.l()) && again.u().equal(lu.u()));
  }

  // ---- orthogonal factors and spectra

  private static void assertOrthogonal(Tensor columns) {
    long n = columns.size(-1);
    Tensor product = columns.mT().matmul(columns);
    assertClose(identity(columns, n).expand(product.shape().toArray()), product);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void orthogonalFactorsMultiply(DType dtype, long... shape) {
    Tensor a = random(dtype, shape);
    long m = a.size(-2);
    long k = Math.min(m, a.size(-1));
    for (QrMode mode : new QrMode[] {QrMode.REDUCED, QrMode.COMPLETE}) {
      Qr qr = Linalg.qr(a, mode);
      assertEquals(mode == QrMode.COMPLETE ? m : k, qr.q().size(-1));
      assertClose(a, qr.q().matmul(qr.r()));
      assertOrthogonal(qr.q());
      assertTrue(qr.r().tril(-1).eq(0).all().isTrue());
    }
    Qr alone = Linalg.qr(a, QrMode.R);
    assertEquals(Shape.of(0), alone.q().shape());
    assertClose(Linalg.qr(a).r(), alone.r());
    Geqrf reflections = Linalg.geqrf(a);
    Tensor c = random(dtype, a.shape().toArray());
    Tensor q = Linalg.qr(a, QrMode.COMPLETE).q();
    Tensor packed = reflections.a();
    assertClose(
        q.mT().matmul(c), Linalg.ormqr(packed, reflections.tau(), c, Side.LEFT, Transposed.YES));
    assertClose(
        c.mT().matmul(q),
        Linalg.ormqr(packed, reflections.tau(), c.mT(), Side.RIGHT, Transposed.NO));
    if (a.size(-1) <= m) {
      assertClose(Linalg.qr(a).q(), Linalg.householderProduct(packed, reflections.tau()));
      Tensor recorded = packed.detach().requiresGrad_();
      assertClose(
          Linalg.qr(a).q(), Linalg.householderProduct(recorded, reflections.tau()).detach());
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void singularValuesAndVectors(DType dtype, long... shape) {
    Tensor a = random(dtype, shape);
    for (SvdMode mode : SvdMode.values()) {
      Svd svd = Linalg.svd(a, mode);
      long k = svd.s().size(-1);
      assertOrthogonal(svd.u());
      assertOrthogonal(svd.vh().mT());
      assertEquals(mode == SvdMode.FULL ? a.size(-2) : k, svd.u().size(-1));
      Tensor scaled = svd.u().narrow(-1, 0, k).mul(svd.s().unsqueeze(-2));
      assertClose(a, scaled.matmul(svd.vh().narrow(-2, 0, k)));
      assertClose(svd.s(), Linalg.svdvals(a));
    }
    Tensor inverse = Linalg.pinv(a);
    assertClose(a, a.matmul(inverse).matmul(a));
    assertClose(inverse, inverse.matmul(a).matmul(inverse));
    assertClose(inverse, Linalg.pinverse(a));
    assertTrue(Linalg.matrixRank(a).eq(Math.min(a.size(-2), a.size(-1))).all().isTrue());
  }

  @ParameterizedTest
  @MethodSource("squares")
  void eigenvaluesAndVectors(DType dtype, long... shape) {
    Tensor a = symmetric(dtype, shape);
    for (Triangle triangle : Triangle.values()) {
      Tensor one = triangle == Triangle.LOWER ? a.tril() : a.triu();
      Eigh eigh = Linalg.eigh(one, triangle);
      Tensor v = eigh.eigenvectors();
      assertOrthogonal(v);
      assertClose(v.mul(eigh.eigenvalues().unsqueeze(-2)), a.matmul(v));
      assertClose(eigh.eigenvalues(), Linalg.eigvalsh(one, triangle));
    }
    Tensor definite = a.matmul(a).add(identity(a, a.size(-1)));
    Tensor inverse = Linalg.pinv(definite, Tolerance.DEFAULT, Symmetry.HERMITIAN);
    assertClose(definite, definite.matmul(inverse).matmul(definite));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void leastSquaresLeaveWhatIsOrthogonal(DType dtype, long... shape) {
    Tensor a = random(dtype, shape);
    long m = a.size(-2);
    long n = a.size(-1);
    Tensor b = random(dtype, m, 2);
    for (Driver driver : Driver.values()) {
      Lstsq result = Linalg.lstsq(a, b, driver);
      Tensor rest = b.sub(a.matmul(result.solution()));
      assertTrue(a.mT().matmul(rest).abs().max().item() < (dtype == DType.FLOAT32 ? 2e-2 : 1e-9));
      if (m > n && driver != Driver.GELSY) {
        assertClose(rest.square().sum(-2), result.residuals());
      } else {
        assertEquals(0, result.residuals().numel());
      }
      assertEquals(driver == Driver.GELS, result.rank().dim() == 1 && result.rank().numel() == 0);
      assertTrue(result.rank().eq(Math.min(m, n)).all().isTrue());
      if (driver == Driver.GELSD || driver == Driver.GELSS) {
        assertClose(Linalg.svdvals(a), result.singularValues());
      }
    }
  }

  @Test
  void aMissingRankIsFound() {
    Tensor a = random(DType.FLOAT64, 4, 6, 2).matmul(random(DType.FLOAT64, 4, 2, 5));
    assertTrue(Linalg.matrixRank(a).eq(2).all().isTrue());
    Tensor b = random(DType.FLOAT64, 6, 1);
    Tensor expected = Linalg.pinv(a).matmul(b);
    for (Driver driver : new Driver[] {Driver.GELSY, Driver.GELSD, Driver.GELSS}) {
      Lstsq result = Linalg.lstsq(a, b, driver);
      assertTrue(result.rank().eq(2).all().isTrue());
      assertEquals(0, result.residuals().numel());
      assertClose(expected, result.solution());
    }
    Tensor values = Tensor.of(new double[] {8, 4, 2, 1}).to(DType.FLOAT64);
    Tensor diagonal = values.diagEmbed();
    assertEquals(2, Linalg.matrixRank(diagonal, Tolerance.absolute(2)).itemLong());
    assertEquals(1, Linalg.matrixRank(diagonal, Tolerance.relative(0.5)).itemLong());
    assertEquals(3, Linalg.matrixRank(diagonal, Tolerance.of(0.5, 0.125)).itemLong());
    assertEquals(4, Linalg.matrixRank(diagonal, Tolerance.absolute(0)).itemLong());
    Tensor each = Tensor.of(new double[] {1, 4}).to(DType.FLOAT64);
    assertArrayEquals(
        new long[] {3, 1},
        Linalg.matrixRank(diagonal.expand(2, 4, 4), Tolerance.absolute(each)).toLongArray());
    Tensor inverse = Linalg.pinv(diagonal, Tolerance.relative(0.25));
    assertClose(Tensor.of(new double[] {0.125, 0.25, 0, 0}).to(DType.FLOAT64).diagEmbed(), inverse);
    Tensor negative = values.neg().diagEmbed();
    assertEquals(
        2, Linalg.matrixRank(negative, Tolerance.absolute(2), Symmetry.HERMITIAN).itemLong());
  }

  // ---- what is empty

  @Test
  void emptyMatricesAndBatches() {
    for (long[] batch : new long[][] {{}, {0}, {2, 0}, {3}}) {
      for (long[] sides : new long[][] {{0, 0}, {0, 3}, {3, 0}, {3, 3}}) {
        Shape lead = Shape.of(batch);
        Shape shape = lead.concat(Shape.of(sides));
        Tensor a = Tensor.eye(DType.FLOAT64, sides[0], sides[1]).expand(shape.toArray()).clone();
        a.requiresGrad_();
        long m = sides[0];
        long n = sides[1];
        long k = Math.min(m, n);
        Svd svd = Linalg.svd(a);
        assertEquals(lead.concat(Shape.of(m, m)), svd.u().shape());
        assertEquals(lead.concat(Shape.of(n, n)), svd.vh().shape());
        assertOrthogonalOrEmpty(svd.u());
        assertOrthogonalOrEmpty(svd.vh());
        Qr qr = Linalg.qr(a, QrMode.COMPLETE);
        assertEquals(lead.concat(Shape.of(m, m)), qr.q().shape());
        assertOrthogonalOrEmpty(qr.q());
        assertEquals(lead.concat(Shape.of(m, k)), Linalg.qr(a).q().shape());
        assertEquals(lead.concat(Shape.of(n, m)), Linalg.pinv(a).shape());
        assertEquals(lead.concat(Shape.of(k, n)), Linalg.lu(a).u().shape());
        assertEquals(lead, Linalg.matrixRank(a).shape());
        Tensor b = Tensor.ones(DType.FLOAT64, m, 2);
        for (Driver driver : Driver.values()) {
          Lstsq result = Linalg.lstsq(a, b, driver);
          assertEquals(lead.concat(Shape.of(n, 2)), result.solution().shape());
          if (n == 0 && m > 0 && driver != Driver.GELSY) {
            assertTrue(result.residuals().eq(m).all().isTrue(), "all of b remains");
          }
        }
        Linalg.pinv(a).sum().backward();
        assertEquals(shape, a.grad().shape());
        if (m == n) {
          assertEquals(lead, Linalg.det(a).shape());
          assertTrue(Linalg.det(a).eq(1).all().isTrue());
          assertTrue(Linalg.slogdet(a).logabsdet().eq(0).all().isTrue());
          assertEquals(shape, Linalg.inv(a).shape());
          assertEquals(shape, Linalg.cholesky(a).shape());
          assertEquals(shape, Linalg.matrixExp(a).shape());
          assertEquals(shape, Linalg.eigh(a).eigenvectors().shape());
          assertEquals(
              lead.concat(Shape.of(n, 5)),
              Linalg.solve(a, Tensor.ones(DType.FLOAT64, n, 5)).shape());
        }
      }
    }
  }

  private static void assertOrthogonalOrEmpty(Tensor x) {
    if (x.numel() > 0) {
      assertOrthogonal(x.detach());
    }
  }

  // ---- many threads

  /** Large products are shared by threads, which LAPACK must not see. */
  @OnCpu("its products take minutes on the emulator")
  @Test
  void factorisationsBesideLargeProducts() throws InterruptedException {
    Tensor wide = random(DType.FLOAT32, 700, 700);
    Tensor product = wide.matmul(wide);
    Tensor a = regular(DType.FLOAT64, 150, 150);
    Tensor x = Linalg.solve(a, a.mT());
    Tensor s = Linalg.svdvals(a);
    Tensor small = regular(DType.FLOAT64, 50, 8, 8);
    Tensor inverse = Linalg.inv(small);
    List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    List<Runnable> works =
        List.of(
            () -> assertTrue(wide.matmul(wide).allclose(product, 1e-4, 1e-3)),
            () -> assertClose(x, Linalg.solve(a, a.mT())),
            () -> assertClose(s, Linalg.svdvals(a)),
            () -> assertClose(inverse, Linalg.inv(small)));
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Runnable work = works.get(i % works.size());
      Runnable loop =
          () -> {
            try {
              for (int j = 0; j < 25; j++) {
                work.run();
              }
            } catch (Throwable e) {
              failures.add(e);
            }
          };
      threads.add(i == 7 ? Thread.ofVirtual().start(loop) : Thread.ofPlatform().start(loop));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(List.of(), failures);
  }

  @Test
  void operandsAreLeftAlone() {
    Tensor a = regular(DType.FLOAT64, 4, 4);
    Tensor before = a.clone();
    Linalg.solve(a, a);
    Linalg.svd(a);
    Linalg.eigh(a);
    Linalg.lstsq(a, a);
    Linalg.qr(a);
    Linalg.cholesky(a.matmul(a.mT()));
    Linalg.ldlFactorEx(a);
    assertTrue(a.equal(before));
    // Column by column, as LAPACK has it, without a copy.
    LuFactor factors = Linalg.luFactor(a);
    Tensor lu = factors.lu().clone();
    Linalg.luSolve(factors.lu(), factors.pivots(), a);
    Linalg.solveTriangular(factors.lu().mT(), a, Triangle.LOWER);
    assertTrue(factors.lu().equal(lu));
  }
}
