package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.autograd.Backward;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.testing.Cells;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Scans: dtypes, zeros and infinities in gradients of both orders, NaN, forms in place. */
@OnEveryDevice
class ScansTest {
  private static final double NAN = Double.NaN;
  private static final double INF = Double.POSITIVE_INFINITY;

  private static Tensor doubles(double... values) {
    return Cells.tensor(DType.FLOAT64, new long[] {values.length}, values);
  }

  private static void is(Tensor got, double... expected) {
    assertArrayEquals(expected, Cells.doubles(got), 1e-14);
  }

  private static void fails(String start, Executable code) {
    Exception e = assertThrows(Exception.class, code);
    assertTrue(String.valueOf(e.getMessage()).startsWith(start), e.getMessage());
  }

  // ---- dtypes

  @Test
  void integersGrowInInt64() {
    Tensor x = Cells.tensor(DType.UINT8, new long[] {3}, 200L, 100L, 2L);
    assertEquals(DType.INT64, x.cumsum(0).dtype());
    assertArrayEquals(new long[] {200, 300, 302}, Cells.longs(x.cumsum(0)));
    assertArrayEquals(new long[] {200, 20000, 40000}, Cells.longs(x.cumprod(0)));
    assertArrayEquals(new long[] {200, 44, 46}, Cells.longs(x.cumsum(0, DType.UINT8)));
    assertArrayEquals(new long[] {200, 44, 46}, Cells.longs(x.clone().cumsum_(0)));
    is(x.cumsum(0, DType.FLOAT16), 200, 300, 302);
    assertArrayEquals(new long[] {0, 1, 2}, Cells.longs(x.gt(150).logicalNot().cumsum(-1)));
    fails("cumsum: ", () -> x.cumsum(1));
    fails("logcumsumexp: not defined", () -> x.logcumsumexp(0));
  }

  /** Ten thousand steps of 0.1 end within a rounding of a thousand, in every floating dtype. */
  @Test
  void sumsOfNarrowTypesGrowInWiderOnes() {
    Tensor x = Tensor.full(Shape.of(10_000), 0.1, DType.FLOAT32);
    assertEquals((float) (10_000 * (double) 0.1f), (float) x.cumsum(0).get(-1).item());
    Tensor half = Tensor.full(Shape.of(3000), 1, DType.BFLOAT16);
    assertEquals(3008, half.cumsum(0).get(-1).item()); // 3000 is none; a bfloat16 sum stops at 256
  }

  // ---- any axis, any layout

  @OnCpu("CUDA adds lines that lie apart in another order")
  @Test
  void aScanRunsAlongAnyDimensionOfAnyLayout() {
    Tensor x = Tensor.randn(DType.FLOAT64, 40, 300, 17);
    for (int dim = 0; dim < 3; dim++) {
      Tensor expected = x.transpose(dim, 2).contiguous().cumsum(2).transpose(dim, 2);
      assertTrue(expected.equal(x.cumsum(dim)));
      Tensor part = x.slice(0, 1, 39, 2).slice(2, 0, 17, 3).transpose(0, 1);
      assertTrue(part.contiguous().cummax(dim).values().equal(part.cummax(dim).values()));
      assertTrue(part.contiguous().cummax(dim).indices().equal(part.cummax(dim).indices()));
      assertTrue(part.contiguous().cumprod(dim).equal(part.cumprod(dim)));
    }
    Tensor same = doubles(2).expand(4);
    is(same.cumsum(0), 2, 4, 6, 8);
    is(Tensor.scalar(3.0, DType.FLOAT64).cumprod(0), 3);
    assertEquals(Shape.of(0, 3), Tensor.zeros(0, 3).cumsum(0).shape());
    assertEquals(Shape.of(2, 0), Tensor.zeros(2, 0).cummax(0).values().shape());
  }

  // ---- gradients

  @Test
  void theGradientOfAProductIsRightWithZeros() {
    for (double[] values :
        List.of(
            new double[] {0.5, 0, 2, 3, 0, -1},
            new double[] {0, 0, 0, 1, 2, 3},
            new double[] {1.5, -2, 0.5, 3, 1, 0},
            new double[] {0, 1.5, -2, 0.5, 3, 1})) {
      for (int dim = 0; dim < 2; dim++) {
        int axis = dim;
        GradCheck.gradcheck(x -> x.cumprod(axis), doubles(values).view(3, 2).requiresGrad_());
        GradCheck.gradgradcheck(x -> x.cumprod(axis), doubles(values).view(3, 2).requiresGrad_());
      }
      GradCheck.gradgradcheck(x -> x.cumprod(0), doubles(values).requiresGrad_());
    }
    Tensor x = doubles(0, 2, 0, 5).requiresGrad_();
    x.cumprod(0).sum().backward();
    Tensor gradient = x.grad();
    assertTrue(gradient != null);
    is(gradient, 3, 0, 0, 0);
    assertEquals("CumprodBackward", String.valueOf(x.cumprod(0).gradFn()));
  }

  @Test
  void thirdDerivativesOfAProductAreRightToo() {
    GradCheck.gradgradcheck(
        x -> {
          Tensor y = x.cumprod(0);
          return Autograd.grad(y.square().sum(), x, Backward.Option.CREATE_GRAPH);
        },
        doubles(0.5, 0, 2, -1).requiresGrad_());
  }

  @Test
  void logarithmsOfSumsKnowInfinities() {
    double log = Math.log(2);
    is(doubles(0, 0, -INF, 1000, 1000).logcumsumexp(0), 0, log, log, 1000, 1000 + log);
    is(doubles(-INF, -INF, 1, INF, 3, NAN, 4).logcumsumexp(0), -INF, -INF, 1, INF, INF, NAN, NAN);
    is(doubles(1, NAN, INF, -INF).logcumsumexp(0), 1, NAN, NAN, NAN);
    // As PyTorch's, but for what it rounds.
    Tensor x = doubles(1, -INF, 1, 2).requiresGrad_();
    x.logcumsumexp(0).sum().backward();
    Tensor gradient = x.grad();
    assertTrue(gradient != null);
    assertArrayEquals(
        new double[] {2.7119415576, 0, 0.7119415576, 0.5761168848}, Cells.doubles(gradient), 1e-9);
    Tensor far = doubles(-INF, 1, 2, INF, 3).requiresGrad_();
    far.logcumsumexp(0).sum().backward();
    Tensor beside = far.grad();
    assertTrue(beside != null);
    assertArrayEquals(
        new double[] {NAN, 1.2689414214, 0.7310585786, NAN, 0}, Cells.doubles(beside), 1e-9);
  }

  @Test
  void logarithmsOfSumsHaveGradientsOfBothOrders() {
    Tensor x = doubles(0.5, -30, 2, 700, 699, -1);
    GradCheck.gradcheck(a -> a.logcumsumexp(0), x.requiresGrad_());
    GradCheck.gradgradcheck(a -> a.logcumsumexp(0), doubles(0.5, -3, 2, 1, 0.3).requiresGrad_());
  }

  // ---- extremes

  @Test
  void theLastOfEqualsIsTheExtreme() {
    Tensor x = doubles(1, 1, NAN, 2, NAN);
    is(x.cummax(0).values(), 1, 1, NAN, NAN, NAN);
    assertArrayEquals(new long[] {0, 1, 2, 2, 4}, Cells.longs(x.cummax(0).indices()));
    assertArrayEquals(new long[] {0, 1, 2, 2, 4}, Cells.longs(x.cummin(0).indices()));
    Tensor b = Cells.tensor(DType.BOOL, new long[] {3}, 0L, 1L, 0L);
    assertArrayEquals(new long[] {0, 1, 1}, Cells.longs(b.cummax(0).values()));
    Tensor y = doubles(2, 1, 3).requiresGrad_();
    y.cummax(0).values().sum().backward();
    Tensor gradient = y.grad();
    assertTrue(gradient != null);
    is(gradient, 2, 0, 1);
  }

  // ---- in place

  @Test
  void inPlaceTheDtypeStaysAndGradientsPass() {
    Tensor x = doubles(1, 2, 3).requiresGrad_();
    Tensor y = x.mul(2);
    y.cumprod_(0);
    is(y, 2, 8, 48);
    assertEquals("CumprodBackward", String.valueOf(y.gradFn()));
    y.sum().backward();
    Tensor gradient = x.grad();
    assertTrue(gradient != null);
    is(gradient, 58, 28, 16);
    Tensor z = Tensor.ones(3, 4);
    z.t().cumsum_(1);
    assertTrue(z.get(2).eq(3).all().isTrue());
    fails("cumsum_: ", () -> Tensor.ones(1).expand(3).cumsum_(0));
    fails("cumsum_: ", () -> doubles(1).requiresGrad_().cumsum_(0));
  }

  // ---- differences and integrals

  @Test
  void derivativesOfSamplesNeedEnoughOfThem() {
    Tensor x = doubles(1, 4, 9, 16);
    is(x.gradient().getFirst(), 3, 4, 6, 7);
    is(x.gradient(1, EdgeOrder.SECOND).getFirst(), 2, 4, 6, 8);
    Tensor at = doubles(0, 1, 3, 4);
    Tensor squares = at.square();
    for (EdgeOrder order : EdgeOrder.values()) {
      Tensor slopes = squares.gradient(List.of(at), order).getFirst();
      is(slopes.narrow(0, 1, 2), 2, 6);
      is(slopes.get(0), order == EdgeOrder.FIRST ? 1 : 0);
      is(slopes.get(3), order == EdgeOrder.FIRST ? 7 : 8);
    }
    GradCheck.gradgradcheck(
        (a, b) -> a.gradient(List.of(b), EdgeOrder.SECOND).getFirst(),
        doubles(1, 4, 9, 16).requiresGrad_(),
        doubles(0, 1, 3, 4).requiresGrad_());
    fails("gradient: at least 2", () -> doubles(1).gradient());
    fails("gradient: at least 3", () -> doubles(1, 2).gradient(1, EdgeOrder.SECOND));
    fails("gradient: dim 0 is there twice", () -> x.gradient(0, 0));
    fails("gradient: 2 spacings", () -> x.gradient(new double[] {1, 2}, EdgeOrder.FIRST));
    fails("gradient: coordinates", () -> x.gradient(List.of(doubles(1)), EdgeOrder.FIRST));
    fails("gradient: the order", () -> EdgeOrder.of(3));
  }

  @Test
  void integralsByTrapezoids() {
    Tensor y = doubles(1, 2, 4);
    is(y.trapezoid(), 4.5);
    is(y.trapz(2, 0), 9);
    is(y.trapezoid(doubles(0, 1, 3), 0), 7.5);
    is(y.trapezoid(doubles(0, 1, 3)), 7.5);
    is(y.trapz(doubles(0, 1, 3)), 7.5);
    is(y.cumulativeTrapezoid(doubles(0, 1, 3)), 1.5, 7.5);
    is(y.cumulativeTrapezoid(doubles(0, 1, 3), 0), 1.5, 7.5);
    is(doubles().trapezoid(), 0);
    fails("trapezoid: 2 coordinates", () -> y.trapezoid(doubles(0, 1), 0));
    fails("diff: the order", () -> y.diff(-1, 0));
    fails("diff: a scalar", () -> Tensor.scalar(1).diff());
    assertEquals(Shape.of(0), y.diff(5, 0).shape());
    GradCheck.gradgradcheck(
        (a, b) -> a.trapezoid(b, -1),
        doubles(1, 2, 4).requiresGrad_(),
        doubles(0, 1, 3).requiresGrad_());
  }
}
