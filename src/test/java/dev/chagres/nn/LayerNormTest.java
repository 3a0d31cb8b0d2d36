package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Correction;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Layer normalization: the fused kernels against the formula in plain operations. */
@OnEveryDevice
class LayerNormTest {
  private static Tensor formula(Tensor x, Tensor weight, Tensor bias) {
    Tensor apart = x.sub(x.mean(Keep.KEEPDIM, -1));
    Tensor scale = x.var(Correction.NONE, Keep.KEEPDIM, -1).add(1e-5).rsqrt();
    return apart.mul(scale).mul(weight).add(bias);
  }

  private static double apart(Tensor a, Tensor b) {
    return a.to(DType.FLOAT64).sub(b.to(DType.FLOAT64)).abs().amax().item();
  }

  @Test
  void aLayerOfOneSizeTakesOptions() {
    Tensor x = Tensor.of(1f, 2, 4);
    assertTrue(
        new LayerNorm(3, LayerNorm.options().eps(2))
            .call(x)
            .equal(new LayerNorm(Shape.of(3), LayerNorm.options().eps(2)).call(x)));
    assertTrue(
        new RMSNorm(3, RMSNorm.options().eps(2.0))
            .call(x)
            .allclose(x.div(x.square().mean().add(2).sqrt())));
  }

  @Test
  void agreesWithTheFormulaAndItsGradients() {
    var random = new Generator(DefaultDevice.get(), 5);
    for (long n : new long[] {1, 7, 128, 129, 1000, 5000}) {
      for (long rows : new long[] {1, 63, 65, 300}) {
        Tensor[] wide = {
          random.randn(DType.FLOAT64, rows, n),
          random.randn(DType.FLOAT64, n),
          random.randn(DType.FLOAT64, n)
        };
        Tensor g = random.randn(DType.FLOAT64, rows, n);
        Tensor[] narrow = new Tensor[3];
        for (int i = 0; i < 3; i++) {
          narrow[i] = wide[i].to(DType.FLOAT32).requiresGrad_();
          wide[i] = narrow[i].detach().to(DType.FLOAT64).requiresGrad_();
        }
        Tensor y = Functional.layerNorm(narrow[0], Shape.of(n), narrow[1], narrow[2], 1e-5);
        Tensor expected = formula(wide[0], wide[1], wide[2]);
        String what = rows + " x " + n;
        assertEquals(0, apart(y, expected), 1e-5, what);
        y.backward(g.to(DType.FLOAT32));
        expected.backward(g.to(DType.FLOAT32).to(DType.FLOAT64));
        assertEquals(0, apart(narrow[0].grad(), wide[0].grad()), 2e-5 * (n == 1 ? 300 : 1), what);
        assertEquals(0, apart(narrow[1].grad(), wide[1].grad()), 5e-5, what);
        assertEquals(0, apart(narrow[2].grad(), wide[2].grad()), 5e-5, what);
      }
    }
  }

  @Test
  void nothingCancelsFarFromZero() {
    Tensor x = new Generator(DefaultDevice.get(), 6).rand(DType.FLOAT32, 20, 777).add(10_000);
    Tensor expected =
        formula(x.to(DType.FLOAT64), Tensor.ones(DType.FLOAT64, 777), Tensor.zeros(1));
    assertEquals(0, apart(Functional.layerNorm(x, 777), expected), 1e-5);
  }

  @Test
  void aRowWithANaNIsNaNAlone() {
    Tensor x = new Generator(DefaultDevice.get(), 7).randn(DType.FLOAT32, 3, 200);
    x.select(0, 1).select(0, 5).fill_(Double.NaN);
    Tensor y = Functional.layerNorm(x, 200);
    assertTrue(y.select(0, 1).isnan().all().item() == 1);
    assertTrue(y.select(0, 0).isfinite().all().item() == 1);
    assertTrue(y.select(0, 2).isfinite().all().item() == 1);
  }

  @Test
  void gradientsCanBeDifferentiated() {
    var random = new Generator(DefaultDevice.get(), 8);
    Tensor x = random.randn(DType.FLOAT64, 2, 3, 2).requiresGrad_();
    Tensor weight = random.randn(DType.FLOAT64, 3, 2).requiresGrad_();
    Tensor bias = random.randn(DType.FLOAT64, 3, 2).requiresGrad_();
    Shape shape = Shape.of(3, 2);
    GradCheck.gradcheck((Tensor t) -> Functional.layerNorm(t, shape, weight, bias, 0.1), x);
    GradCheck.gradgradcheck((Tensor t) -> Functional.layerNorm(t, shape, weight, bias, 0.1), x);
    GradCheck.gradgradcheck((Tensor w) -> Functional.layerNorm(x, shape, w, bias, 0.1), weight);
    GradCheck.gradgradcheck((Tensor b) -> Functional.layerNorm(x, shape, weight, b, 0.1), bias);
  }

  @Test
  void theLayerHasPyTorchsParametersAndText() {
    var layer = new LayerNorm(2, 4);
    assertEquals(
        "LayerNorm((2, 4), eps=1e-05, elementwise_affine=True, bias=True)", layer.toString());
    assertEquals("[weight, bias]", layer.stateDict().keySet().toString());
    assertArrayEquals(new long[] {2, 4}, layer.weight().orElseThrow().shape().toArray());
    assertEquals(8, layer.weight().orElseThrow().sum().item());
    assertEquals(0, layer.bias().orElseThrow().abs().sum().item());
    var options = LayerNorm.options().eps(0.001);
    assertEquals(
        "LayerNorm((4,), eps=0.001, elementwise_affine=True, bias=False)",
        new LayerNorm(Shape.of(4), options.affine(LayerNorm.Affine.WITHOUT_BIAS)).toString());
    String[] texts = {"nan", "inf", "-inf", "0.0", "-1.0", "1e+20", "2.5e-07", "4.9e-324"};
    double[] epsilons = {Double.NaN, 1 / 0.0, -1 / 0.0, 0, -1, 1e20, 2.5e-7, Double.MIN_VALUE};
    for (int i = 0; i < texts.length; i++) {
      String text = new LayerNorm(Shape.of(4), LayerNorm.options().eps(epsilons[i])).toString();
      assertTrue(text.startsWith("LayerNorm((4,), eps=" + texts[i] + ", "), text);
    }
    var plain = new LayerNorm(Shape.of(4), options.affine(LayerNorm.Affine.NONE));
    assertTrue(plain.stateDict().isEmpty());
    Tensor x = new Generator(DefaultDevice.get(), 9).randn(DType.FLOAT32, 3, 4);
    assertTrue(plain.call(x).equal(Functional.layerNorm(x, Shape.of(4), null, null, 0.001)));
  }

  @Test
  void saysWhatDoesNotFit() {
    Tensor x = Tensor.ones(3, 4);
    assertMessage(
        "layerNorm: an input (3, 4) to normalize over (3,)", () -> Functional.layerNorm(x, 3));
    assertMessage(
        "layerNorm: a weight (3,) for dimensions (4,)",
        () -> Functional.layerNorm(x, Shape.of(4), Tensor.ones(3), null, 1e-5));
    assertMessage(
        "layerNorm: a bias of float64 for an input of float32",
        () -> Functional.layerNorm(x, Shape.of(4), null, Tensor.ones(DType.FLOAT64, 4), 1e-5));
    assertMessage(
        "layerNorm: not defined for int64; convert to a floating dtype first",
        () -> Functional.layerNorm(Tensor.ones(DType.INT64, 3, 4), 4));
    assertMessage("LayerNorm: there is no dimension to normalize", LayerNorm::new);
  }

  private static void assertMessage(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }
}
