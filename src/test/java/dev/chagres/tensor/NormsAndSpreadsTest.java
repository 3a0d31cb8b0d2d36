package dev.chagres.tensor;

import static dev.chagres.core.DType.BOOL;
import static dev.chagres.core.DType.FLOAT16;
import static dev.chagres.core.DType.FLOAT32;
import static dev.chagres.core.DType.FLOAT64;
import static dev.chagres.core.DType.INT32;
import static dev.chagres.core.DType.INT64;
import static dev.chagres.tensor.Keep.DROPDIM;
import static dev.chagres.tensor.Keep.KEEPDIM;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.autograd.Backward;
import dev.chagres.core.Shape;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What PyTorch's samples do not reach of reductions: numbers far from 0, zeros, ties, dtypes. */
@OnEveryDevice
class NormsAndSpreadsTest {
  private static final double INF = Double.POSITIVE_INFINITY;

  // ---- variances

  /** In float32 the mean of such numbers alone would cost all digits of their variance. */
  @Test
  void theSpreadOfNumbersFarFromZeroIsExact() {
    Chagres.manualSeed(3);
    try (Scope _ = Scope.open()) {
      for (double noise : new double[] {1, 0.02}) {
        Tensor x = Tensor.randn(300, 700).mul(noise).add(1e4);
        for (Tensor y : List.of(x, x.t(), x.view(30, 10, 700).transpose(0, 1))) {
          for (int[] dims : new int[][] {{}, {0}, {-1}}) {
            Tensor exact = y.toDouble().sub(1e4);
            Tensor mean = exact.mean(KEEPDIM, dims);
            Tensor expected = exact.sub(mean).square().mean(dims);
            VarMean got = y.varMean(Correction.NONE, dims);
            assertClose(expected, got.var().toDouble(), 2e-7);
            assertClose(mean.reshape(expected.shape()).add(1e4), got.mean().toDouble(), 1e-7);
            assertClose(expected.sqrt(), y.std(Correction.NONE, dims).toDouble(), 2e-7);
          }
        }
      }
    }
  }

  private static void assertClose(Tensor expected, Tensor got, double relative) {
    assertEquals(expected.shape(), got.shape());
    double worst = got.sub(expected).abs().div(expected.abs()).max().item();
    assertTrue(worst <= relative, () -> "off by " + worst);
  }

  /** Of numbers whose sum, divided, is not quite one of them; the gradient there is 0. */
  @Test
  void equalNumbersHaveNoSpread() {
    for (double value : new double[] {-1.8085, 0.1, 1e100, 1.0 / 3}) {
      for (long count : new long[] {3, 7, 1000, 5000}) {
        Tensor rows = Tensor.full(Shape.of(2, count), value, FLOAT64).requiresGrad_();
        Tensor columns = rows.detach().t().contiguous();
        assertEquals(0, columns.expand(5, count, 2).var(1).max().item());
        Tensor spread = rows.std(1);
        assertEquals(0, spread.max().item());
        spread.sum().backward();
        assertEquals(0, rows.grad().abs().max().item());
      }
    }
    Tensor endless = Tensor.of(Double.POSITIVE_INFINITY, 1);
    assertEquals(Double.POSITIVE_INFINITY, endless.varMean().mean().item());
    assertEquals(Double.NaN, endless.var().item());
  }

  /** Figures of PyTorch 2.13. */
  @Test
  void aCorrectionOfAllElementsLeavesInfinity() {
    Tensor whole = Tensor.of(1.0, 2.0, 1.5).requiresGrad_();
    Tensor y = whole.var(Correction.of(3));
    assertEquals(INF, y.item());
    y.backward();
    assertArrayEquals(new double[] {INF, INF, Double.NaN}, whole.grad().toDoubleArray());
    Tensor rows = Tensor.of(new double[][] {{1, 2}}).requiresGrad_();
    Tensor z = rows.var(Correction.of(3), 1);
    assertEquals(INF, z.item());
    z.sum().backward();
    assertArrayEquals(new double[] {1, -1}, rows.grad().toDoubleArray());
    assertTrue(Double.isNaN(Tensor.zeros(0).var().item()));
    assertTrue(Double.isNaN(Tensor.zeros(1).var().item()));
    assertEquals(0.5 / 1.5, Tensor.of(1.0, 2.0).var(Correction.of(0.5)).item(), 1e-7);
  }

  @Test
  void integersHaveNoSpreadAndNoLength() {
    Tensor x = Tensor.of(1, 2, 3);
    assertMessage("var: not defined for int64", () -> x.var());
    assertMessage("stdMean: not defined for int64", () -> x.stdMean());
    assertMessage("norm: not defined for int64", () -> x.norm());
    assertMessage("norm: not defined for int64", () -> x.norm(FLOAT32, 2, DROPDIM));
    assertMessage("dist: not defined for int64", () -> x.dist(x));
    assertMessage("nanmean: not defined for int64", () -> x.nanmean());
    assertMessage("mean: not defined for int64", () -> x.toFloat().mean(INT64));
    assertMessage("cov: not defined for bool", () -> x.to(BOOL).cov());
  }

  private static void assertMessage(String begin, Executable call) {
    RuntimeException e = assertThrows(RuntimeException.class, call);
    assertTrue(e.getMessage().startsWith(begin), e::toString);
  }

  @Test
  void bothMomentsHaveTheirGradients() {
    Tensor x = Tensor.of(new double[][] {{1, 4, 2}, {0.5, -1, 3}}, FLOAT64);
    GradCheck.gradcheck(
        in -> {
          VarMean m = in.getFirst().varMean(Correction.of(0.5), KEEPDIM, 1);
          return List.of(m.var(), m.mean());
        },
        List.of(x.clone().requiresGrad_()));
    GradCheck.gradgradcheck(
        in -> {
          StdMean m = in.getFirst().stdMean(0);
          return List.of(m.std(), m.mean());
        },
        List.of(x.clone().requiresGrad_()));
    StdMean named = x.clone().requiresGrad_().stdMean();
    assertEquals("StdMeanBackward", named.std().gradFn().name());
    assertEquals("StdMeanBackward", named.mean().gradFn().name());
  }

  // ---- lengths of zero

  @Test
  void theGradientOfALengthOfZeroIsZeroAndSoIsItsOwn() {
    for (double p : new double[] {0, 0.5, 1, 1.5, 2, 3, -1, -2.5, INF, -INF}) {
      Tensor x = Tensor.zeros(FLOAT64, 2, 3).requiresGrad_();
      Tensor y = x.norm(p, 1);
      Tensor g = Autograd.grad(y.sum(), x, Backward.Option.CREATE_GRAPH);
      assertArrayEquals(new double[6], g.toDoubleArray(), "norm of order " + p);
      if (g.requiresGrad()) {
        g.sum().backward();
        assertArrayEquals(new double[6], x.grad().toDoubleArray(), "again, of order " + p);
      }
    }
    Tensor x = Tensor.ones(FLOAT64, 3).requiresGrad_();
    x.std().backward();
    assertArrayEquals(new double[3], x.grad().toDoubleArray());
    for (double p : new double[] {0, 0.5, 1, 1.5, 2, 3, INF}) {
      Tensor a = Tensor.ones(FLOAT64, 2, 3).requiresGrad_();
      Tensor b = Tensor.ones(FLOAT64, 1, 3).requiresGrad_();
      a.cdist(b, p).sum().backward();
      assertArrayEquals(new double[6], a.grad().toDoubleArray(), "cdist of order " + p);
      assertArrayEquals(new double[3], b.grad().toDoubleArray(), "cdist of order " + p);
    }
  }

  @Test
  void elementsOfZeroInALengthHaveNoPower() {
    for (double p : new double[] {0.5, 1.5, 3}) {
      Tensor x = Tensor.of(new double[] {0, 3, -4}, FLOAT64).requiresGrad_();
      x.norm(p).backward();
      assertEquals(0, x.grad().get(0).item());
      GradCheck.gradcheck(
          in -> in.norm(p), Tensor.of(new double[] {0.5, 3, -4}, FLOAT64).requiresGrad_());
    }
  }

  @Test
  void equalMagnitudesShareTheGradientOfTheGreatest() {
    Tensor x = Tensor.of(3.0, -3.0, 1.0).requiresGrad_();
    x.norm(INF).backward();
    assertArrayEquals(new double[] {0.5, -0.5, 0}, x.grad().toDoubleArray());
    // PyTorch's cdist gives each of them all of it.
    Tensor a = Tensor.of(new double[][] {{3, -3, 1}}).requiresGrad_();
    a.cdist(Tensor.zeros(1, 3), INF).sum().backward();
    assertArrayEquals(new double[] {1, -1, 0}, a.grad().toDoubleArray());
    Tensor ties = Tensor.of(2.0, 5.0, 5.0, 2.0).requiresGrad_();
    Range range = ties.aminmax();
    range.min().mul(10).add(range.max()).backward();
    assertArrayEquals(new double[] {5, 0.5, 0.5, 5}, ties.grad().toDoubleArray());
  }

  @Test
  void lengthsOfNothing() {
    Tensor none = Tensor.zeros(0, 3);
    assertArrayEquals(new double[3], none.norm(2, 0).toDoubleArray());
    assertArrayEquals(new double[3], none.norm(0.5, 0).toDoubleArray());
    assertMessage("norm: there are no elements", () -> none.norm(INF));
    assertMessage("norm: there are no elements", () -> none.norm(-1, 0));
    assertEquals(Shape.of(0), none.norm(INF, 1).shape());
    assertEquals(2, Tensor.of(0.0, Double.NaN, 1.0).countNonzero().item());
  }

  @Test
  void squaresOfHalvesDoNotOverflow() {
    Tensor x = Tensor.full(Shape.of(4), 300, FLOAT16);
    assertEquals(600, x.norm().item());
    assertEquals(FLOAT16, x.norm().dtype());
    assertEquals(FLOAT64, x.norm(FLOAT64, 2, KEEPDIM).dtype());
    assertMessage("norm: float16 does not hold", () -> x.toFloat().norm(FLOAT16, 2, DROPDIM));
  }

  @Test
  void renormRefusesWhatHasNoMeaning() {
    Tensor x = Tensor.ones(2, 3);
    assertMessage("renorm: the order p", () -> x.renorm(0, 0, 1));
    assertMessage("renorm: the greatest norm", () -> x.renorm(1, 0, -1));
    assertMessage("renorm_: at least two", () -> Tensor.ones(3).renorm_(2, 0, 1));
    Tensor y = x.clone();
    assertEquals(y, y.renorm_(1, 0, 1.5));
    assertArrayEquals(x.renorm(1, 0, 1.5).toDoubleArray(), y.toDoubleArray());
    assertEquals(0.5, y.get(1, 2).item(), 1e-6);
  }

  // ---- dtypes

  @OnCpu("the text would name the device")
  @Test
  void sumsTakePlaceInTheDtypeThatIsAskedFor() {
    Tensor x = Tensor.of(1.5, 2.5, 0.0);
    assertEquals("tensor(4., dtype=torch.float64)", x.sum(FLOAT64).toString());
    assertEquals("tensor(3, dtype=torch.int32)", x.sum(INT32).toString());
    assertEquals("tensor([True])", x.sum(BOOL, KEEPDIM).toString());
    assertEquals("tensor(False)", x.prod(BOOL).toString());
    assertEquals("tensor(1.3333, dtype=torch.float64)", x.mean(FLOAT64).toString());
    Tensor nan = Tensor.of(new double[] {1, Double.NaN}, FLOAT16);
    assertEquals(FLOAT64, nan.nansum(FLOAT64, DROPDIM).dtype());
    assertEquals(FLOAT32, nan.nanmean(FLOAT32, DROPDIM).dtype());
    assertEquals(0.5, Tensor.of(2, 2).softmax(0, FLOAT64).get(0).item());
    assertMessage("softmax: not defined for int64", () -> x.softmax(0, INT64));
  }

  @OnCpu("the text would name the device")
  @Test
  void positionsKeepEveryDimensionIfAsked() {
    Tensor x = Tensor.of(new double[][] {{1, 5, 2}, {0, 3, 4}});
    assertEquals("tensor([[1]])", x.argmax(KEEPDIM).toString());
    assertEquals("tensor([[3]])", x.argmin(KEEPDIM).toString());
    assertEquals("tensor(3)", x.argmin(DROPDIM).toString());
  }

  @OnCpu("the text would name the device")
  @Test
  void twoResultsAreWrittenToTensorsThatAreThere() {
    Tensor x = Tensor.of(new double[][] {{1, 5, 2}, {0, 3, 4}});
    Located out = new Located(Tensor.zeros(2), Tensor.zeros(INT64, 2));
    assertEquals(out, Out.max(x, 1, out));
    assertEquals("tensor([5., 4.])", out.values().toString());
    assertEquals("tensor([1, 2])", out.indices().toString());
    Out.min(x, 1, out);
    assertEquals("tensor([1., 0.])", out.values().toString());
    Range range = Out.aminmax(x, 0, new Range(Tensor.zeros(3), Tensor.zeros(3)));
    assertEquals("tensor([0., 3., 2.])", range.min().toString());
    assertEquals("tensor([1., 5., 4.])", range.max().toString());
    Tensor values = Tensor.zeros(2);
    Located wrong = new Located(values, Tensor.zeros(INT64, 3));
    assertMessage("max: the result has shape (2,)", () -> Out.max(x, 1, wrong));
    assertEquals("tensor([0., 0.])", values.toString());
  }

  // ---- distances

  /** More differences than are made at a time, against all of them at once. */
  @OnCpu("it is about the CPU's pieces, and long on the emulator")
  @Test
  void manyRowsAreTakenSomeAtATime() {
    Chagres.manualSeed(5);
    try (Scope _ = Scope.open()) {
      Tensor a = Tensor.randn(FLOAT64, 90, 40).requiresGrad_();
      Tensor b = Tensor.randn(FLOAT64, 700, 40).requiresGrad_();
      Tensor g = Tensor.randn(FLOAT64, 90, 700);
      for (double p : new double[] {1, 2, 3}) {
        Tensor y = a.cdist(b, p, DistanceMode.DONOT_USE_MM_FOR_EUCLID_DIST);
        Tensor expected = a.unsqueeze(1).sub(b.unsqueeze(0)).norm(p, 2);
        assertTrue(y.allclose(expected, 1e-12, 1e-12));
        var got = Autograd.grad(List.of(y), List.of(a, b), List.of(g));
        var wanted = Autograd.grad(List.of(expected), List.of(a, b), List.of(g));
        for (int i = 0; i < 2; i++) {
          assertTrue(got.get(i).allclose(wanted.get(i), 1e-9, 1e-9), "order " + p);
        }
      }
    }
  }

  @OnCpu("it measures memory of the host")
  @Test
  void distancesNeedLittleMemoryBesideTheirOwn() {
    Tensor a = Tensor.ones(400, 64);
    Tensor b = Tensor.zeros(1000, 64);
    Memory.emptyCache();
    long limit = Memory.limit();
    try (Scope _ = Scope.open()) {
      // All differences at once are 98 MiB.
      Memory.setLimit(Memory.stats().reservedBytes() + (40 << 20));
      assertEquals(64, a.cdist(b, 1).max().item());
    } finally {
      Memory.setLimit(limit);
    }
  }

  @Test
  void manyRowsAreMultipliedAndFewSubtracted() {
    // What is lost by multiplying shows which of the two it was.
    Tensor near = Tensor.of(new double[][] {{1000, 1000}});
    Tensor far = near.add(Tensor.of(0.01, 0.0));
    double exact = far.get(0, 0).item() - 1000;
    assertEquals(exact, near.cdist(far).item());
    assertTrue(near.expand(26, 2).cdist(far).get(0, 0).item() != exact);
    assertEquals(
        exact,
        near.expand(26, 2)
            .cdist(far, 2, DistanceMode.DONOT_USE_MM_FOR_EUCLID_DIST)
            .get(0, 0)
            .item());
    assertTrue(near.cdist(far, 2, DistanceMode.USE_MM_FOR_EUCLID_DIST).item() != exact);
    assertMessage("cdist: the order p", () -> near.cdist(far, -1));
    assertMessage("pdist: the order p", () -> near.pdist(-1));
    assertEquals(Shape.of(0), near.pdist().shape());
    assertArrayEquals(
        new double[6], Tensor.ones(2, 0).cdist(Tensor.ones(3, 0)).flatten().toDoubleArray());
  }

  @Test
  void aSquareThatRoundingMadeNegativeIsADistanceOfZero() {
    Tensor x = Tensor.arange(0, 300).to(FLOAT32).mul(0.1).add(1000).view(100, 3);
    Tensor all = x.cdist(x);
    assertTrue(all.isfinite().all().isTrue());
    assertTrue(all.diagonal(0).eq(0).any().isTrue());
  }

  // ---- covariances

  @Test
  void correlationsAreBetweenMinusOneAndOne() {
    Tensor x = Tensor.of(new double[][] {{1, 2, 4}, {-2, -4, -8}, {3, 1, 2}}, FLOAT64);
    Tensor r = x.corrcoef();
    assertEquals(-1, r.get(0, 1).item());
    assertEquals(1, r.get(2, 2).item());
    // numpy.corrcoef
    assertEquals(-0.32732683535398854, r.get(0, 2).item(), 1e-15);
    GradCheck.gradcheck(
        in -> in.corrcoef().select(0, 2).narrow(0, 0, 2), x.clone().requiresGrad_());
    assertTrue(Double.isNaN(Tensor.scalar(3.0).corrcoef().item()));
    assertMessage("corrcoef: needs at most two", () -> Tensor.ones(2, 2, 2).corrcoef());
  }
}
