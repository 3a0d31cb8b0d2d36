package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.autograd.Backward;
import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.core.Shape;
import dev.chagres.primitive.Sliding;
import dev.chagres.testing.OnEveryDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Small rules in which PyTorch 2.13 answers otherwise than one would guess. */
@OnEveryDevice(blocking = true)
class RulesOfTorchTest {
  private static void fails(Class<? extends Exception> type, String start, Executable code) {
    Exception e = assertThrows(type, code);
    assertTrue(String.valueOf(e.getMessage()).startsWith(start), e.getMessage());
  }

  private static void assertSame(Tensor expected, Tensor got) {
    assertEquals(expected.dtype(), got.dtype());
    assertTrue(expected.equal(got), () -> expected + ", not " + got);
  }

  @Test
  void noDimensionThatIsReducedToItsExtremeMayBeEmpty() {
    Class<IllegalArgumentException> type = IllegalArgumentException.class;
    fails(type, "max: ", () -> Tensor.zeros(0, 0).max(0));
    fails(type, "min: ", () -> Tensor.zeros(0, 3).min(0));
    fails(type, "argmax: ", () -> Tensor.zeros(0, 0).argmax(0));
    fails(type, "argmin: ", () -> Tensor.zeros(0, 0).argmin());
    fails(type, "amax: ", () -> Tensor.zeros(0, 0).amax(0));
    fails(type, "amin: ", () -> Tensor.zeros(2, 0).amin(0, 1));
    assertEquals(Shape.of(0), Tensor.zeros(0, 3).max(1).values().shape());
    assertEquals(Shape.of(0), Tensor.zeros(0, 3).argmax(1).shape());
    assertEquals(Shape.of(0), Tensor.zeros(0, 3).amax(1).shape());
  }

  @Test
  void theMeanOfHalvesIsSummedInFloat32() {
    for (DType half : List.of(DType.FLOAT16, DType.BFLOAT16)) {
      Tensor x = Tensor.full(Shape.of(4096, 100), 1, half).requiresGrad_();
      Tensor mean = x.mean();
      assertEquals(half, mean.dtype());
      assertEquals(1, mean.item());
      assertEquals("MeanBackward", String.valueOf(mean.gradFn()));
    }
    assertEquals(100, Tensor.full(Shape.of(4096, 100), 100, DType.FLOAT16).mean().item());
  }

  @Test
  void aPenaltyOnTheGradientOfReluHasTheGradientZero() {
    Tensor x = Tensor.of(-1.0, 2.0).requiresGrad_();
    Tensor slope = Autograd.grad(x.relu().sum(), x, Backward.Option.CREATE_GRAPH);
    Tensor second = Autograd.grad(slope.square().sum(), x);
    assertArrayEquals(new double[] {0, 0}, second.toDoubleArray());
  }

  @Test
  void aScalarHasNoDimensionToAskFor() {
    Class<IndexOutOfBoundsException> type = IndexOutOfBoundsException.class;
    Tensor s = Tensor.scalar(5.0);
    fails(type, "size: ", () -> s.size(0));
    fails(type, "unbind: ", () -> s.unbind(0));
    fails(type, "split: ", () -> s.split(1, 0));
    fails(type, "chunk: ", () -> s.chunk(1, 0));
    fails(type, "select: ", () -> s.select(0, 0));
  }

  @Test
  void errorsNameTheRuleAndTheCall() {
    Class<IllegalArgumentException> type = IllegalArgumentException.class;
    Tensor x = Tensor.zeros(2, 3);
    fails(type, "permute: each of the 2 dims of shape (2, 3) is needed once", () -> x.permute(0));
    fails(type, "repeat: shape (2, 3) needs a count for each dim, not [2]", () -> x.repeat(2));
    fails(type, "topk: k = 4 is out of range for dim 1 of size 3", () -> x.topk(4, 1));
    fails(type, "roll: shifts [1] for dims [0, 1], where each dim needs", () -> roll(x));
    Tensor flag = Tensor.of(true);
    fails(type, "sub_: not defined for bool", () -> flag.sub_(flag));
    fails(type, "sub: not defined for bool", () -> flag.sub(flag, 1));
  }

  private static Tensor roll(Tensor x) {
    return x.roll(new long[] {1}, new int[] {0, 1});
  }

  @Test
  void aScalarIsGatheredScatteredAndUnfoldedAsOneElement() {
    Tensor s = Tensor.scalar(5.0);
    Tensor first = Tensor.scalar(0);
    assertSame(Tensor.scalar(3.0), s.scatter(0, first, Tensor.scalar(3.0)));
    assertSame(Tensor.scalar(3.0), s.scatter(-1, Tensor.of(0), Tensor.of(3.0)));
    assertSame(Tensor.scalar(12.0), s.scatterAdd(0, Tensor.of(0, 0), Tensor.of(3.0, 4.0)));
    assertSame(Tensor.of(1.0, 7.0), Tensor.ones(2).scatter(0, Tensor.scalar(1), s.add(2)));
    assertSame(Tensor.of(5.0), s.unfold(0, 1, 2));
    assertEquals(Shape.of(0), s.unfold(-1, 0, 1).shape());
    fails(IllegalArgumentException.class, "unfold: ", () -> s.unfold(0, 2, 1));
    Tensor x = s.clone().requiresGrad_();
    x.unfold(0, 1, 1).mul(3).sum().backward();
    assertEquals(3, x.grad().item());
  }

  @Test
  void whatGathersAndScattersTakesInt32PositionsAndAnyIntegersIfThereAreNone() {
    Tensor x = Tensor.of(1.0, 2.0, 3.0);
    Tensor narrow = Tensor.of(2, 0).to(DType.INT32);
    assertSame(Tensor.of(3.0, 1.0), x.gather(0, narrow));
    assertSame(Tensor.of(5.0, 2.0, 4.0), x.scatter(0, narrow, Tensor.of(4.0, 5.0)));
    assertSame(Tensor.of(6.0, 2.0, 7.0), x.scatterAdd(0, narrow, Tensor.of(4.0, 5.0)));
    assertEquals(Shape.of(0), x.gather(0, Tensor.empty(DType.UINT8, 0)).shape());
    Tensor none = Tensor.empty(DType.INT64, 2, 0);
    Tensor leaf = x.clone().requiresGrad_();
    assertEquals(Shape.of(2, 0), leaf.gather(0, none).shape());
    leaf.gather(0, none).sum().add(leaf.scatter(0, none, Tensor.ones(2, 0)).sum()).backward();
    assertSame(Tensor.ones(3), leaf.grad());
    Class<IllegalArgumentException> type = IllegalArgumentException.class;
    fails(type, "gather: ", () -> x.gather(0, narrow.to(DType.UINT8)));
    fails(type, "gather: ", () -> x.gather(0, Tensor.empty(DType.BOOL, 0)));
    fails(type, "scatter: ", () -> x.scatter(0, narrow.to(DType.INT16), x));
  }

  @Test
  void aPositionOutOfRangeIsToldWithItsOperationAndShape() {
    Class<IndexOutOfBoundsException> type = IndexOutOfBoundsException.class;
    Tensor x = Tensor.ones(2, 3);
    Tensor five = Tensor.of(5);
    Tensor places = Tensor.of(new long[][] {{5}});
    Tensor row = Tensor.ones(1, 3);
    List<Executable> calls =
        List.of(
            () -> x.indexSelect(0, five),
            () -> x.indexAdd(0, five, row),
            () -> x.indexCopy(0, five, row),
            () -> x.gather(0, places),
            () -> x.scatter(0, places, Tensor.ones(1, 1)),
            () -> x.scatterAdd(0, places, Tensor.ones(1, 1)));
    List<String> names =
        List.of("indexSelect", "indexAdd", "indexCopy", "gather", "scatter", "scatterAdd");
    for (int i = 0; i < calls.size(); i++) {
      fails(type, names.get(i) + ": index 5 is", calls.get(i));
      Exception e = assertThrows(type, calls.get(i));
      assertTrue(e.getMessage().endsWith("dim 0 of shape (2, 3)"), e.getMessage());
    }
  }

  @Test
  void boolsHaveASignAndASquare() {
    Tensor b = Tensor.of(true, false);
    assertEquals(DType.BOOL, b.sign().dtype());
    assertTrue(b.sign().equal(b));
    assertTrue(b.clone().sign_().equal(b));
    assertEquals(DType.INT64, b.square().dtype());
    assertTrue(b.square().equal(Tensor.of(1L, 0L)));
    assertThrows(IllegalArgumentException.class, () -> b.clone().square_());
    assertThrows(IllegalArgumentException.class, b::abs);
  }

  @Test
  @SuppressWarnings("NullAway") // that is what is tried
  void nullIsNamedByItsOperation() {
    Class<NullPointerException> type = NullPointerException.class;
    Tensor x = Tensor.ones(2);
    @Nullable Tensor tensor = null;
    @Nullable Number number = null;
    Index[] items = {null};
    fails(type, "add: ", () -> x.add(tensor));
    fails(type, "mul: ", () -> x.mul(number));
    fails(type, "rsub: ", () -> x.rsub(number));
    fails(type, "add_: ", () -> x.add_(tensor));
    fails(type, "div_: ", () -> x.div_(number));
    fails(type, "full: ", () -> Tensor.full(Shape.of(1), number));
    fails(type, "full: ", () -> Tensor.full(Shape.of(1), number, DType.FLOAT32));
    fails(type, "scalar: ", () -> Tensor.scalar(number));
    fails(type, "fill_: ", () -> x.fill_(number));
    fails(type, "index: ", () -> x.index(items));
    fails(type, "matmul: ", () -> x.matmul(tensor));
    fails(type, "maskedFill: mask", () -> x.maskedFill(tensor, 0));
  }

  @Test
  void anErrorNamesWhatWasWritten() {
    Tensor x = Tensor.ones(3, 4).requiresGrad_();
    Class<IllegalStateException> state = IllegalStateException.class;
    fails(
        IndexOutOfBoundsException.class,
        "get: index 9 is out of range for dim 1",
        () -> x.get(0, 9));
    fails(state, "put: ", () -> x.put("0", 3));
    fails(IllegalArgumentException.class, "maskedFill: the mask", () -> x.maskedFill(x, 0));
    Tensor y = x.mul(2);
    Tensor z = y.mul(y).sum();
    y.add_(1);
    fails(state, "backward: a tensor float32 (3, 4) that MulBackward saved", () -> z.backward());
  }

  @Test
  void anOldViewNamesTheOperationThatWouldChangeIt() {
    Tensor x = Tensor.ones(2);
    Tensor view = x.narrow(0, 0, 1);
    x.requiresGrad_();
    fails(IllegalStateException.class, "add_: ", () -> view.add_(1));
    fails(IllegalStateException.class, "exp_: ", view::exp_);
    fails(IllegalStateException.class, "copy_: ", () -> view.copy_(Tensor.ones(1)));
    fails(IllegalStateException.class, "clamp_: ", () -> view.clamp_(0, 1));
  }

  @Test
  void aScaledTermIsPromotedBeforeItIsScaled() {
    Tensor zero = Tensor.zeros(DType.FLOAT64, 1);
    Tensor one = Tensor.of(1L);
    Tensor half = Tensor.ones(DType.FLOAT16, 1);
    assertEquals(0.1, zero.add(one, 0.1).item());
    assertEquals(-0.1, zero.sub(one, 0.1).item());
    assertEquals(0.1, zero.clone().add_(one, 0.1).item());
    assertEquals(-0.1, zero.clone().sub_(one, 0.1).item());
    assertEquals(0.1, zero.addcmul(one, one, 0.1).item());
    assertEquals(0.1, zero.clone().addcmul_(one, one, 0.1).item());
    assertEquals(0.1, zero.addcdiv(one, half, 0.1).item());
    assertEquals(0.1, zero.clone().addcdiv_(half, one, 0.1).item());
    Tensor narrow = Tensor.zeros(1);
    assertEquals(0.1f, narrow.add(half, 0.1).item());
    assertEquals(0.1f, narrow.clone().add_(half, 0.1).item());
    assertEquals(0.1f, narrow.addcmul(half, half, 0.1).item());
    assertEquals(0.1f, narrow.addcdiv(half, half, 0.1).item());
    assertEquals(DType.FLOAT32, narrow.addcmul(half, Tensor.scalar(1, DType.INT64), 1).dtype());
    assertEquals(DType.FLOAT32, narrow.addcmul(half, Tensor.scalar(1, DType.FLOAT64), 1).dtype());
    assertEquals(DType.INT64, Tensor.of(true).addcmul(one, Tensor.of(true), 2).dtype());
    assertTrue(Tensor.of(true).add(Tensor.of(true), 2).equal(Tensor.of(true)));
    assertTrue(Tensor.of(1L).add(Tensor.of(true), 2).equal(Tensor.of(3L)));
  }

  /** In float32, alpha itself as a half: torch.tensor([1, 300], dtype=float16) and so on. */
  @Test
  void scaledTermsOfHalvesAreRoundedOnce() {
    Tensor x = Tensor.of(new double[] {0.1, 300}, DType.FLOAT16);
    assertTrue(
        x.addcmul(x, x, 1e-3)
            .equal(Tensor.of(new double[] {0.09997558593750, 390}, DType.FLOAT16)));
    assertEquals("AddcmulBackward", String.valueOf(x.requiresGrad_().addcmul(x, x, 1).gradFn()));
    assertEquals("AddBackward", String.valueOf(x.add(x, 2).gradFn()));
  }

  /**
   * Sums over float16 {@code h = arange(1, 193) / 7}, float32 {@code z = 1.7} and int64 {@code i =
   * arange(2049, 2241)}, of PyTorch 2.13: {@code h.add(z, alpha=0.7).double().sum()} and so on.
   */
  @Test
  void scaledOperandsOfHalvesAreRoundedToHalvesFirst() {
    Tensor h = Tensor.arange(DType.FLOAT64, 1, 193, 1).div(7).to(DType.FLOAT16);
    Tensor z = Tensor.scalar(1.7, DType.FLOAT32);
    Tensor i = Tensor.arange(2049, 2241, 1);
    double[] expected = {
      2875.05859375,
      2179.7470703125,
      5796.862060546875,
      3736.568359375,
      290948.0,
      2875.05859375,
      5796.862060546875
    };
    Tensor[] actual = {
      h.add(z, 0.7),
      z.add(h, 0.7),
      h.addcmul(h, z, 0.7),
      h.addcdiv(h, z, 0.7),
      h.add(i, 0.7),
      h.clone().add_(z, 0.7),
      h.clone().addcmul_(h, z, 0.7)
    };
    for (int at = 0; at < expected.length; at++) {
      assertEquals(DType.FLOAT16, actual[at].dtype());
      assertEquals(expected[at], actual[at].to(DType.FLOAT64).sum().item(), "case " + at);
    }
  }

  @Test
  void integersAreScaledByIntegersOnly() {
    Class<IllegalArgumentException> type = IllegalArgumentException.class;
    Tensor x = Tensor.of(3L);
    Tensor flag = Tensor.of(true);
    Tensor small = Tensor.of(new byte[] {3});
    assertTrue(x.add(x, 2).equal(Tensor.of(9L)));
    assertTrue(small.sub(small, -1).equal(Tensor.of(new byte[] {6})));
    fails(type, "add: the result is int64, which the floating alpha 0.5", () -> x.add(x, 0.5));
    fails(type, "sub: the result is int64, which the floating alpha 2.0", () -> x.sub(x, 2.0));
    fails(type, "add_: the result is int64", () -> x.add_(x, 0.5));
    fails(type, "sub_: the result is int64", () -> x.sub_(x, 0.5));
    fails(type, "add: the result is bool", () -> flag.add(flag, 0.5));
    fails(
        type, "addcmul: the result is int64, which the floating value", () -> x.addcmul(x, x, 0.5));
    fails(type, "addcmul_: the result is int64", () -> x.addcmul_(x, x, 0.5));
    fails(type, "addcmul: not defined for bool", () -> flag.addcmul(flag, flag, 1));
    fails(type, "addcdiv: int64 divided by int64", () -> Tensor.ones(1).addcdiv(x, x, 1));
    fails(type, "addcdiv_: bool divided by int64", () -> Tensor.ones(1).addcdiv_(flag, x, 1));
    fails(type, "add: 300 does not fit in uint8", () -> small.add(small, 300));
    fails(type, "add_: the result is float32", () -> x.add_(Tensor.ones(1), 0.5));
    assertEquals(3, x.itemLong());
  }

  @Test
  void integersHaveNoNegativePowersOfANumber() {
    Class<IllegalArgumentException> type = IllegalArgumentException.class;
    Tensor x = Tensor.of(2L, 3L);
    fails(type, "pow: integers to the negative power -1", () -> x.pow(-1));
    fails(type, "pow_: integers to the negative power -1", () -> x.pow_(-1));
    fails(type, "pow: integers to the", () -> Out.pow(x, -1, Tensor.empty(DType.INT64, 2)));
    fails(type, "pow: integers to the", () -> Out.pow(x, -1L, Tensor.empty(2)));
    fails(type, "pow: integers to the", () -> Tensor.of(true).pow(-1));
    assertTrue(x.equal(Tensor.of(2L, 3L)));
    assertTrue(x.pow(Tensor.of(-1L, 2L)).equal(Tensor.of(0L, 9L)));
    assertTrue(x.pow(-1.0).equal(Tensor.of(0.5, 1 / 3.0)));
  }

  /** PyTorch's value; its own position lies outside the image, and its gradient is 0. */
  @Test
  void aWindowThatMeetsNoPixelIsMinusInfinityWithoutAGradient() {
    Pair one = Pair.of(1);
    var sliding = new Sliding(one, one, Pair.of(2));
    Tensor x = Tensor.ones(1, 1, 1, 1).requiresGrad_();
    Located none = Convolution.maxPool2d(x, Pair.of(2), sliding, Rounding.FLOOR);
    assertEquals(Double.NEGATIVE_INFINITY, none.values().item());
    assertEquals(-1, none.indices().itemLong());
    none.values().sum().backward();
    assertArrayEquals(new double[] {0}, gradient(x));
    Tensor row = Tensor.ones(1, 1, 1, 2).requiresGrad_();
    var columns = new Sliding(one, new Pair(1, 0), new Pair(2, 1));
    Convolution.maxPool2d(row, new Pair(2, 1), columns, Rounding.FLOOR).values().sum().backward();
    assertArrayEquals(new double[] {0, 0}, gradient(row));
    UnaryOperator<Tensor> pool =
        t -> {
          var dilated = new Sliding(one, one, Pair.of(3));
          Tensor y = Convolution.maxPool2d(t, Pair.of(2), dilated, Rounding.FLOOR).values();
          return Tensor.where(y.isinf(), y.zerosLike(), y.mul(y));
        };
    Tensor plane = Tensor.rand(DType.FLOAT64, 1, 2, 2, 5).requiresGrad_();
    assertTrue(pool.apply(plane).eq(0).any().itemLong() != 0);
    GradCheck.gradcheck((Tensor t) -> pool.apply(t), plane);
    GradCheck.gradgradcheck((Tensor t) -> pool.apply(t), plane);
  }

  /** In vectors, one by one, and where windows overlap. */
  @Test
  void theLastNaNOfAWindowIsItsMaximum() {
    double nan = Double.NaN;
    for (long width : new long[] {2, 18}) {
      Tensor plane = Tensor.of(new double[][] {{nan, 5}, {nan, 7}}).tile(1, width / 2);
      Tensor x = plane.reshape(1, 1, 2, width);
      Pair two = Pair.of(2);
      var apart = new Sliding(two, Pair.of(0), Pair.of(1));
      var overlapping = new Sliding(Pair.of(1), Pair.of(0), Pair.of(1));
      Tensor pairs = Convolution.maxPool2d(x, two, apart, Rounding.FLOOR).indices().flatten();
      assertTrue(pairs.equal(Tensor.arange(width, 2 * width, 2)));
      Tensor all = Convolution.maxPool2d(x, two, overlapping, Rounding.FLOOR).indices().flatten();
      assertTrue(all.equal(Tensor.arange(width - 1).add(width + 1).bitwiseAnd(-2)));
    }
  }

  @Test
  void theLeastOfBytesAboveTheSignBitIsOneOfThem() {
    Tensor x = Tensor.scalar(7, DType.UINT8).reshape(1);
    Tensor bytes = Tensor.of(200L, 250L).to(DType.UINT8);
    Tensor at = Tensor.of(0L, 0L);
    Tensor least = x.scatterReduce(0, at, bytes, Reduce.AMIN, IncludeSelf.EXCLUDE_SELF);
    assertSame(Tensor.of(200L).to(DType.UINT8), least);
  }

  @Test
  void bothFlagsThatAreScaledStayFlags() {
    Tensor flags = Tensor.of(true, false);
    assertSame(Tensor.of(true, true), flags.add(Tensor.of(true, true), -1));
    assertSame(Tensor.of(true, true), flags.add_(Tensor.of(true, true), -1));
  }

  @Test
  void aCovarianceWithoutFreedomIsInfinite() {
    Tensor x = Tensor.of(new double[][] {{1, 2}, {3, 5}});
    Tensor endless = Tensor.full(Shape.of(2, 2), Double.POSITIVE_INFINITY);
    assertSame(endless, x.cov(3, Tensor.of(1L, 1L), null));
    assertSame(endless, x.cov(2, null, Tensor.of(1.0, 1.0)));
  }

  @Test
  void onlyBytesThatLieSideBySideAreReadAsAnotherDtype() {
    Class<IllegalArgumentException> type = IllegalArgumentException.class;
    Tensor shorts = Tensor.arange(0, 9).to(DType.INT16);
    long[] two = {2, 2};
    Tensor odd = shorts.asStrided(two, new long[] {3, 1}, 0);
    fails(type, "view: the sizes, strides and offset", () -> odd.view(DType.INT32));
    fails(type, "view: the sizes", () -> shorts.narrow(0, 1, 8).view(DType.INT32));
    Tensor rows = Tensor.zeros(DType.INT16, 2, 4).narrow(1, 0, 3); // whose stride divides, not size
    fails(type, "view: the sizes", () -> rows.view(DType.INT32));
    Tensor column = Tensor.arange(0, 6).asStrided(new long[] {3, 1}, two, 0);
    fails(type, "view: the last dimension of", () -> column.view(DType.INT16));
    MemorySegment memory = Arena.ofAuto().allocate(24, 8).asSlice(4);
    Tensor skewed = Tensor.of(memory, DType.FLOAT32, 4);
    fails(type, "view: the memory is not aligned", () -> skewed.view(DType.FLOAT64));
    assertEquals(Shape.of(8), skewed.view(DType.INT16).shape());
    Tensor next = Tensor.of(memory.asSlice(1), DType.INT8, 8);
    fails(type, "view: the memory is not aligned", () -> next.view(DType.INT16));
  }

  /** Of one size nothing has to lie side by side, and places and strides stay. */
  @Test
  void bytesOfOneSizeAreReadAsAnotherDtypeWhereverTheyLie() {
    long one = Float.floatToRawIntBits(1);
    Tensor number = Tensor.scalar(1f).view(DType.INT32);
    assertEquals(one, number.itemLong());
    Tensor turned = Tensor.ones(3, 2).t();
    Tensor bits = turned.view(DType.INT32);
    assertEquals(turned.layout(), bits.layout());
    Tensor some = Tensor.ones(7).at("1::2").view(DType.INT32);
    assertArrayEquals(new long[] {one, one, one}, some.toLongArray());
    bits.put("0, 1", 0);
    assertSame(Tensor.of(1.0, 0, 1, 1, 1, 1).view(2, 3), turned);
    Tensor made = Autograd.inferenceMode(() -> Tensor.ones(2).view(DType.INT32));
    assertTrue(made.isInference() && made.view(DType.FLOAT32).isInference());
    assertFalse(Autograd.inferenceMode(() -> turned.view(DType.INT32)).isInference());
    assertFalse(Tensor.ones(2).requiresGrad_().view(DType.FLOAT32).requiresGrad());
  }

  private static double[] gradient(Tensor leaf) {
    return leaf.grad().flatten(0).toDoubleArray();
  }
}
