package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.autograd.Backward.Option;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Losses and activations at their ends and kinks, beside PyTorch's numbers. */
@OnEveryDevice
class SaturationTest {
  private static final double INFINITY = Double.POSITIVE_INFINITY;

  private static Tensor leaf(double... values) {
    return Tensor.of(values, DType.FLOAT64).requiresGrad_();
  }

  private static void near(double[] expected, Tensor actual) {
    double[] values = actual.toDoubleArray();
    assertEquals(expected.length, values.length);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], values[i], 1e-12 + 1e-6 * Math.abs(expected[i]), "element " + i);
    }
  }

  @Test
  void crossEntropyLearnsFromProbabilitiesOfZeroAndOne() {
    Tensor x = leaf(0, 1, 0.5, 0.25, 1, 0);
    Tensor y = leaf(0, 1, 0.5, 1, 0, 1);
    Tensor losses = Functional.binaryCrossEntropy(x, y, Reduction.NONE);
    near(new double[] {0, 0, Math.log(2), Math.log(4), 100, 100}, losses);
    List<Tensor> slopes =
        Autograd.grad(List.of(losses.sum()), List.of(x, y), null, Option.CREATE_GRAPH);
    near(new double[] {0, 0, 0, -4, 1e12, -1e12}, slopes.get(0));
    assertArrayEquals(
        new double[] {INFINITY, -INFINITY, 0, Math.log(3), -INFINITY, INFINITY},
        slopes.get(1).toDoubleArray(),
        1e-12);
    List<Tensor> bends = Autograd.grad(List.of(slopes.get(0).sum()), List.of(x, y), null);
    near(new double[] {0, 0, 4, 16, 1e24, 1e24}, bends.get(0));
    near(new double[] {-1e12, -1e12, -4, -16 / 3.0, -1e12, -1e12}, bends.get(1));
  }

  @Test
  void crossEntropyHasSecondDerivativesInside() {
    Tensor x = leaf(0.1, 0.5, 0.9);
    Tensor y = leaf(0.3, 0.6, 0.8);
    UnaryOperator<List<Tensor>> loss =
        inputs ->
            List.of(
                Functional.binaryCrossEntropy(inputs.get(0), inputs.get(1), null, Reduction.NONE));
    GradCheck.gradcheck(loss, List.of(x, y));
    GradCheck.gradgradcheck(loss, List.of(x, y));
  }

  @Test
  void aSaturatedSigmoidGoesOnLearning() {
    Tensor logits = Tensor.of(40.0, -200, 0).requiresGrad_();
    new BCELoss().call(logits.sigmoid(), Tensor.of(1.0, 0, 1)).backward();
    near(new double[] {0, 0, -1 / 6.0}, logits.grad());
  }

  @Test
  void crossEntropyOfSixteenBitsIsRoundedOnce() {
    for (DType dtype : List.of(DType.FLOAT16, DType.BFLOAT16)) {
      Tensor x = Tensor.of(0, 1, 0.3).to(dtype).requiresGrad_();
      Tensor y = Tensor.of(0, 1, 1.0).to(dtype);
      Functional.binaryCrossEntropy(x, y, null, Reduction.SUM).backward();
      Tensor wide = Tensor.of(1 / -x.detach().toDoubleArray()[2]);
      near(new double[] {0, 0, wide.to(dtype).item()}, x.grad());
    }
  }

  @Test
  @OnCpu("a GPU does not look at the elements")
  void crossEntropyRefusesWhatIsNoProbability() {
    Tensor half = Tensor.of(0.5);
    refused(
        "binaryCrossEntropy: the input is not everywhere from 0 to 1",
        () -> Functional.binaryCrossEntropy(Tensor.of(1.5), half));
    for (double number : new double[] {-0.1, 2, Double.NaN}) {
      refused(
          "binaryCrossEntropy: the target is not everywhere from 0 to 1",
          () -> Functional.binaryCrossEntropy(half, Tensor.of(number)));
    }
  }

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void refuseWhatDoesNotFit() {
    refused(
        "binaryCrossEntropy: a weight (2, 2) for an input (1,)",
        () ->
            Functional.binaryCrossEntropy(
                Tensor.of(0.5), Tensor.of(1.0), Tensor.ones(2, 2), Reduction.MEAN));
    refused(
        "threshold: NaN has no place in int64",
        () -> Functional.threshold(Tensor.of(1, 2), Double.NaN, 1));
    refused(
        "hardtanh: Infinity has no place in int64",
        () -> Functional.hardtanh(Tensor.of(1, 2), 0, INFINITY));
    refused(
        "batchNorm: eps 0.0 is not greater than 0, which training needs",
        () -> Functional.batchNorm(Tensor.ones(2, 3), BatchStatistics.ofBatch(), null, null, 0));
    assertThrows(
        RuntimeException.class,
        () -> Functional.pad(Tensor.zeros(DType.UINT8, 2), new long[] {1, 1}, -1));
  }

  private static void bends(double[] first, double[] second, UnaryOperator<Tensor> f, Tensor x) {
    Tensor slope = Autograd.grad(f.apply(x).sum(), x, Option.CREATE_GRAPH);
    near(first, slope);
    near(second, Autograd.grad(slope.sum(), x));
  }

  @Test
  void exponentialUnitsAreStraightAtZero() {
    double e = Math.exp(-1);
    Tensor x = leaf(-1, 0, 1);
    bends(new double[] {e, 1, 1}, new double[] {e, 0, 0}, Functional::elu, x);
    bends(new double[] {2 * e, 2, 1}, new double[] {2 * e, 0, 0}, t -> Functional.elu(t, 2), x);
    bends(
        new double[] {e * e, 1, 1},
        new double[] {2 * e * e, 0, 0},
        t -> Functional.celu(t, 0.5),
        x);
    near(new double[] {1, 1}, slope(t -> Functional.celu(t, -0.5), leaf(Double.NaN, 2)));
  }

  private static Tensor slope(UnaryOperator<Tensor> f, Tensor x) {
    return Autograd.grad(f.apply(x).sum(), x);
  }

  @Test
  void nanPassesGradientsOn() {
    Tensor x = leaf(Double.NaN, -INFINITY, INFINITY);
    near(new double[] {1, 0, 1}, slope(Functional::hardswish, x));
    near(new double[] {1, 1, 1}, slope(Functional::softshrink, x));
    assertArrayEquals(
        new double[] {Double.NaN, Double.NaN, INFINITY},
        Functional.hardswish(x).toDoubleArray(),
        "minus infinity times 0");
  }

  @Test
  void likelihoodOfAnInfiniteVarianceDoesNotDependOnRecording() {
    Tensor variance = leaf(INFINITY, 0, 2);
    Tensor x = Tensor.of(new double[] {1, 2, 3}, DType.FLOAT64);
    var options = GaussianNLLLoss.options().reduction(Reduction.NONE);
    Tensor recorded = Functional.gaussianNllLoss(x, x, variance, options);
    Tensor plain = Functional.gaussianNllLoss(x, x, variance.detach(), options);
    assertTrue(recorded.equal(plain));
    assertEquals(INFINITY, plain.get(0).item());
  }

  @Test
  void meansOfNoChannelsAreNone() {
    Tensor x = Tensor.zeros(1, 0, 4);
    assertEquals(Shape.of(1, 0, 2), Functional.adaptiveAvgPool1d(x, 2).shape());
  }
}
