package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.ChannelsLast;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.BatchNormForm;
import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Primitives.ByChannel;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The kernels of batch normalization beside the formula in recorded operations. */
@OnEveryDevice
class BatchNormalizingTest {
  private final Generator generator = new Generator(DefaultDevice.get(), 7);

  /** One call: its operands as leaves, so that their gradients tell of its backward pass. */
  private record Operands(Tensor x, ByChannel<Tensor> channels) {
    Operands copied(DType dtype) {
      return new Operands(
          leaf(x, dtype),
          new ByChannel<>(
              leafOrNull(channels.weight(), dtype),
              leafOrNull(channels.bias(), dtype),
              copyOrNull(channels.mean(), dtype),
              copyOrNull(channels.variance(), dtype)));
    }

    private static Tensor leaf(Tensor x, DType dtype) {
      return x.detach().clone().to(dtype).requiresGrad_();
    }

    private static @Nullable Tensor leafOrNull(@Nullable Tensor x, DType dtype) {
      return x == null ? null : leaf(x, dtype);
    }

    private static @Nullable Tensor copyOrNull(@Nullable Tensor x, DType dtype) {
      return x == null ? null : x.detach().clone().to(dtype);
    }

    List<Tensor> found() {
      return Stream.of(
              Stream.of(x.grad()),
              Stream.ofNullable(channels.weight()).map(Tensor::grad),
              Stream.ofNullable(channels.bias()).map(Tensor::grad),
              Stream.ofNullable(channels.mean()),
              Stream.ofNullable(channels.variance()))
          .flatMap(part -> part)
          .toList();
    }
  }

  private Operands operands(Tensor x, boolean affine, boolean running) {
    long c = x.size(1);
    return new Operands(
        x,
        new ByChannel<>(
            affine ? generator.randn(DType.FLOAT64, c) : null,
            affine ? generator.randn(DType.FLOAT64, c) : null,
            running ? generator.randn(DType.FLOAT64, c) : null,
            running ? generator.rand(DType.FLOAT64, c).add(0.5) : null));
  }

  private static Tensor kernel(Operands o, BatchNormForm form) {
    return Primitives.of(o.x).batchNorm(o.x, o.channels, form);
  }

  private static void close(Tensor expected, Tensor found, double slack, String what) {
    assertEquals(expected.shape(), found.shape(), what);
    double apart = found.to(DType.FLOAT64).sub(expected).abs().max().item();
    double most = Math.max(1, expected.abs().max().item());
    assertTrue(apart <= slack * most, what + ": " + apart + " of " + most);
  }

  /** Compares values, gradients and running numbers of each dtype with those in float64. */
  private void compare(Operands operands, BatchNormForm form) {
    Operands plain = operands.copied(DType.FLOAT64);
    Tensor expected = BatchNormalizing.composed(plain.x, plain.channels, form);
    Tensor slope = generator.randn(DType.FLOAT64, expected.shape().toArray());
    expected.backward(slope);
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      Operands o = operands.copied(dtype);
      Tensor y = kernel(o, form);
      assertEquals("NativeBatchNormBackward", y.gradFn().name());
      assertEquals(ChannelsLast.is(o.x.layout()), ChannelsLast.is(y.layout()));
      y.backward(slope.to(dtype));
      double slack = dtype == DType.FLOAT64 ? 1e-11 : 1e-5;
      String what = dtype + " " + o.x.shape() + " " + form;
      close(expected.detach(), y.detach(), slack, what);
      for (int i = 0; i < plain.found().size(); i++) {
        close(plain.found().get(i), o.found().get(i), slack, what + ": " + i);
      }
    }
  }

  private static final long[][] SHAPES = {
    {5, 3},
    {200, 70},
    {2000, 37},
    {3, 2, 1},
    {4, 3, 7},
    {2, 5, 3, 3},
    {6, 9, 8, 8},
    {2, 33, 2, 2},
    {3, 1, 100, 200},
    {2, 3, 2, 3, 5},
    {70_000, 1},
    {1, 2, 70_001}
  };

  @Test
  void hasTheFormulasValuesAndGradients() {
    for (long[] shape : SHAPES) {
      for (boolean training : new boolean[] {true, false}) {
        var form = new BatchNormForm(training, 0.3, 1e-3);
        Tensor x = generator.randn(DType.FLOAT64, shape).mul(2).add(3);
        compare(operands(x, true, true), form);
        if (x.dim() == 4) {
          Tensor last = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
          compare(operands(last, true, true), form);
        }
      }
      Tensor x = generator.randn(DType.FLOAT64, shape);
      compare(operands(x, false, false), new BatchNormForm(true, 0, 1e-3));
    }
  }

  @Test
  void takesAnyLayout() {
    Tensor x = generator.randn(DType.FLOAT64, 6, 5, 4).transpose(0, 2);
    compare(operands(x, true, true), new BatchNormForm(true, 0.1, 1e-3));
    Operands o = operands(x, true, true);
    Tensor y = kernel(o, new BatchNormForm(false, 0, 1e-3));
    Tensor dense = x.contiguous();
    Tensor z = kernel(new Operands(dense, o.channels), new BatchNormForm(false, 0, 1e-3));
    close(z, y, 1e-12, "evaluation");
  }

  @Test
  void roundsSixteenBitsOnce() {
    for (DType dtype : List.of(DType.FLOAT16, DType.BFLOAT16)) {
      Tensor x = generator.randn(DType.FLOAT32, 8, 3, 5, 5).to(dtype);
      Operands o = operands(x, true, true);
      Operands narrow = o.copied(dtype);
      Operands wide = narrow.copied(DType.FLOAT32);
      var form = new BatchNormForm(true, 0.1, 1e-3);
      Tensor y = kernel(narrow, form);
      Tensor z = kernel(wide, form);
      assertTrue(y.equal(z.to(dtype)));
      Tensor slope = generator.randn(DType.FLOAT32, 8, 3, 5, 5).to(dtype);
      y.backward(slope);
      z.backward(slope.to(DType.FLOAT32));
      for (int i = 0; i < wide.found().size(); i++) {
        assertEquals(dtype, narrow.found().get(i).dtype());
        assertTrue(narrow.found().get(i).equal(wide.found().get(i).to(dtype)), "" + i);
      }
    }
  }

  @Test
  void nothingCancelsBesideAnOutlier() {
    Tensor x = generator.randn(DType.FLOAT64, 300, 2, 4);
    x.select(0, 0).fill_(1e4);
    compare(operands(x, true, true), new BatchNormForm(true, 0.1, 1e-5));
  }

  @Test
  void infiniteNumbersMakeTheirChannelAlone() {
    Tensor x = generator.randn(DType.FLOAT32, 4, 3, 8);
    x.get(0, 1, 0).fill_(Double.POSITIVE_INFINITY);
    Operands o = operands(x, false, true).copied(DType.FLOAT32);
    Tensor y = kernel(o, new BatchNormForm(true, 0.5, 1e-5)).detach();
    assertTrue(y.select(1, 1).isnan().all().isTrue());
    assertTrue(y.select(1, 0).isfinite().all().isTrue());
    assertTrue(y.select(1, 2).isfinite().all().isTrue());
    assertEquals(Double.POSITIVE_INFINITY, o.channels.mean().get(1).item());
  }

  @Test
  void secondDerivativesAreThoseOfTheFormula() {
    for (boolean training : new boolean[] {true, false}) {
      Tensor x = generator.randn(DType.FLOAT64, 3, 2, 2).requiresGrad_();
      Operands o = operands(x, true, true);
      var form = new BatchNormForm(training, 0, 0.1);
      GradCheck.gradcheck((Tensor t) -> kernel(new Operands(t, o.channels), form), x);
      GradCheck.gradgradcheck((Tensor t) -> kernel(new Operands(t, o.channels), form), x);
    }
  }

  @Test
  void whatIsWrittenToAfterwardsIsNoticed() {
    Tensor x = generator.randn(DType.FLOAT32, 4, 3).requiresGrad_();
    Operands o = operands(x, false, true);
    Tensor mean = o.channels.mean().to(x.dtype());
    Tensor variance = o.channels.variance().to(x.dtype());
    Tensor product = mean.requiresGrad_().mul(mean).sum();
    kernel(
        new Operands(x, new ByChannel<>(null, null, mean, variance)),
        new BatchNormForm(true, 0.1, 1e-5));
    assertThrows(IllegalStateException.class, product::backward);
  }

  @Test
  void refusesWhatIsNoBatch() {
    var none = new ByChannel<Tensor>(null, null, null, null);
    var form = new BatchNormForm(true, 0.1, 1e-5);
    for (Tensor x : List.of(Tensor.ones(3), Tensor.ones(0, 3), Tensor.ones(DType.INT64, 2, 3))) {
      assertThrows(IllegalArgumentException.class, () -> Primitives.of(x).batchNorm(x, none, form));
    }
    assertEquals(Shape.of(2, 3), kernel(new Operands(Tensor.ones(2, 3), none), form).shape());
  }
}
