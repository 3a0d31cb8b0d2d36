package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.raw.RawStorage;
import dev.chagres.observe.Observation;
import dev.chagres.observe.Observer;
import dev.chagres.observe.Work;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Clipping, and parameters as one vector, beside formulas in plain Java. */
@OnEveryDevice
class ParametersTest {

  private static Tensor parameter(Tensor gradient) {
    Tensor parameter = gradient.zerosLike().requiresGrad_();
    parameter.setGrad(gradient);
    return parameter;
  }

  private static List<Tensor> some() {
    return List.of(
        parameter(Tensor.arange(6).toFloat().reshape(2, 3)),
        Tensor.ones(2).requiresGrad_(), // without a gradient
        parameter(Tensor.of(-12.0).toFloat().reshape()),
        parameter(Tensor.zeros(0, 3)));
  }

  private static double[] gradients(List<Tensor> parameters) {
    List<Tensor> all = new ArrayList<>();
    for (Tensor parameter : parameters) {
      if (parameter.grad() != null) {
        all.add(parameter.grad().flatten());
      }
    }
    return Tensor.cat(all).cpu().toDouble().toDoubleArray();
  }

  private static double norm(double[] x, double p) {
    double norm = 0;
    for (double each : x) {
      norm =
          Double.isInfinite(p)
              ? Math.max(norm, Math.abs(each))
              : norm + Math.pow(Math.abs(each), p);
    }
    return Double.isInfinite(p) ? norm : Math.pow(norm, 1 / p);
  }

  @Test
  void normsAreThoseOfAllElementsTogether() {
    for (double p : new double[] {2, 1, 3, 0.5, Double.POSITIVE_INFINITY}) {
      List<Tensor> parameters = some();
      double[] before = gradients(parameters);
      double wanted = norm(before, p);
      Tensor found = Parameters.clipGradNorm_(parameters, 2, p);
      assertEquals(0, found.dim());
      assertEquals(DType.FLOAT32, found.dtype());
      assertEquals(wanted, found.item(), 1e-5 * wanted, "order " + p);
      double[] after = gradients(parameters);
      for (int i = 0; i < before.length; i++) {
        assertEquals(before[i] * 2 / wanted, after[i], 1e-5, "order " + p);
      }
    }
  }

  @Test
  void whatIsShortEnoughIsLeftAlone() {
    List<Tensor> parameters = some();
    double[] before = gradients(parameters);
    Parameters.clipGradNorm_(parameters, 100);
    assertArrayEquals(before, gradients(parameters));
  }

  @Test
  void thereMayBeNoGradient() {
    assertEquals(0, Parameters.clipGradNorm_(List.of(Tensor.ones(2).requiresGrad_()), 1).item());
    assertEquals(0, Parameters.clipGradNorm_(List.of(), 1).item());
  }

  @Test
  void aNormThatIsNotFiniteScalesOrIsAnError() {
    List<Tensor> parameters =
        List.of(
            parameter(Tensor.of(1.0, Double.POSITIVE_INFINITY).toFloat()),
            parameter(Tensor.of(3.0).toFloat()));
    assertThrows(
        ArithmeticException.class,
        () -> Parameters.clipGradNorm_(parameters, 1, 2, Parameters.NonFinite.ERROR));
    assertEquals(3, parameters.get(1).grad().get(0).item());
    assertEquals(Double.POSITIVE_INFINITY, Parameters.clipGradNorm_(parameters, 1).item());
    // As torch.nn.utils.clip_grad_norm_ leaves them.
    assertArrayEquals(new double[] {0, Double.NaN, 0}, gradients(parameters));
  }

  @Test
  void largeAndHalfPrecisionGradientsCountInFull() {
    Tensor large = Tensor.full(Shape.of(300_001), 0.5);
    Tensor half = Tensor.full(Shape.of(70_000), 100, DType.FLOAT16);
    Tensor brain = Tensor.full(Shape.of(9_999), 2, DType.BFLOAT16);
    Tensor exact = Tensor.full(Shape.of(5), 1e-3, DType.FLOAT64);
    double wanted = Math.sqrt(300_001 * 0.25 + 70_000 * 1e4 + 9_999 * 4.0 + 5e-6);
    List<Tensor> parameters =
        List.of(parameter(large), parameter(half), parameter(brain), parameter(exact));
    Tensor norm = Parameters.clipGradNorm_(parameters, wanted / 2);
    assertEquals(DType.FLOAT64, norm.dtype());
    assertEquals(wanted, norm.item(), 1e-9 * wanted);
    assertEquals(0.25, large.get(300_000).item(), 1e-6);
    assertEquals(50, half.get(69_999).item());
    assertEquals(1, brain.get(9_998).item());
    assertEquals(5e-4, exact.get(4).item(), 1e-9);
  }

  @Test
  void gradientsThatLieOtherwiseAreClipped() {
    Tensor wide = Tensor.ones(4, 6);
    List<Tensor> parameters =
        List.of(parameter(wide.t()), parameter(Tensor.ones(3, 8).at(":, ::2")));
    assertEquals(6, Parameters.clipGradNorm_(parameters, 3).item(), 1e-6);
    assertEquals(12, wide.sum().item(), 1e-4);
    assertEquals(6, parameters.get(1).grad().sum().item(), 1e-4);
  }

  @Test
  void valuesAreClipped() {
    List<Tensor> parameters = some();
    Parameters.clipGradValue_(parameters, 2.5);
    assertArrayEquals(new double[] {0, 1, 2, 2.5, 2.5, 2.5, -2.5}, gradients(parameters));
  }

  /** Counts kernels, and notes what goes to the host. */
  private static final class Watch implements Observer {
    private final List<String> kernels = new ArrayList<>();

    @Override
    public void kernel(Runnable kernel, Supplier<Work> work) {
      kernel.run();
      kernels.add(work.get().kernel());
    }

    @Override
    public <S extends RawStorage> S allocate(
        long bytes, Supplier<S> allocation, LongSupplier live) {
      return allocation.get();
    }
  }

  private static List<String> kernels(int parameters) {
    List<Tensor> all = new ArrayList<>();
    for (int i = 0; i < parameters; i++) {
      all.add(parameter(Tensor.ones(3, 2)));
    }
    Watch watch = new Watch();
    assertTrue(Observation.begin(watch), "somebody else observes");
    try {
      assertNotNull(Parameters.clipGradNorm_(all, 1));
    } finally {
      Observation.end();
    }
    return watch.kernels;
  }

  @Test
  void aHundredGradientsTakeAsManyKernelsAsOne() {
    List<String> one = kernels(1);
    assertEquals(one, kernels(100));
    assertTrue(one.size() <= 10, one.toString());
    assertTrue(!one.contains("transfer"), one.toString());
  }

  // ---- as one vector

  @Test
  void parametersAreOneVectorAndBack() {
    Linear layer = new Linear(3, 2);
    Tensor bias = layer.bias().orElseThrow();
    Tensor vector = Parameters.parametersToVector(layer.parameters());
    assertEquals(Shape.of(8), vector.shape());
    assertEquals(bias.get(1).item(), vector.get(7).item());
    vector.mul(Tensor.arange(8)).sum().backward();
    assertArrayEquals(new float[] {6, 7}, bias.grad().toFloatArray());
    Parameters.vectorToParameters(Tensor.arange(9).toFloat(), layer.parameters());
    assertArrayEquals(new float[] {3, 4, 5}, layer.weight().detach().get(1).toFloatArray());
    assertTrue(layer.weight().requiresGrad() && layer.weight().isLeaf());
    assertThrows(
        IllegalArgumentException.class,
        () -> Parameters.vectorToParameters(Tensor.arange(7).toFloat(), layer.parameters()));
    assertThrows(IllegalArgumentException.class, () -> Parameters.parametersToVector(List.of()));
  }

  @Test
  void aVectorIsWrittenWhollyOrNotAtAll() {
    Tensor first = Tensor.zeros(2);
    Tensor freed = Tensor.zeros(2);
    freed.storage().free();
    assertThrows(
        IllegalStateException.class,
        () -> Parameters.vectorToParameters(Tensor.ones(4), List.of(first, freed)));
    assertArrayEquals(new float[] {0, 0}, first.toFloatArray());
  }
}
