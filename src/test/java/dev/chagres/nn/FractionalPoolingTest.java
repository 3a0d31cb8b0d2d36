package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.core.Shape;
import dev.chagres.core.Triple;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Located;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Windows at places that are drawn, beside their meaning in plain Java. */
@OnEveryDevice
class FractionalPoolingTest {
  private static long start(double sample, long size, long windows, long kernel, long i) {
    if (i == windows - 1) {
      return size - kernel;
    }
    double apart = (double) (size - kernel) / (windows - 1);
    return (long) ((i + sample) * apart) - (long) (sample * apart);
  }

  @Test
  void windowsBeginWhereSamplesSay() {
    Tensor x = Tensor.randperm(2 * 3 * 7 * 9).toDouble().view(2, 3, 7, 9);
    Tensor samples = Tensor.rand(DType.FLOAT64, 2, 3, 2);
    var options = FractionalMaxPool2d.to(3, 5).randomSamples(samples);
    Located got = Functional.fractionalMaxPool2dWithIndices(x, new Pair(2, 3), options);
    assertEquals(Shape.of(2, 3, 3, 5), got.values().shape());
    double[] all = x.flatten().toDoubleArray();
    double[] drawn = samples.flatten().toDoubleArray();
    double[] values = got.values().flatten().toDoubleArray();
    long[] places = got.indices().flatten().toLongArray();
    int at = 0;
    for (int plane = 0; plane < 6; plane++) {
      for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 5; j++) {
          long row = start(drawn[2 * plane + 1], 7, 3, 2, i);
          long column = start(drawn[2 * plane], 9, 5, 3, j);
          double most = Double.NEGATIVE_INFINITY;
          for (long r = row; r < row + 2; r++) {
            for (long c = column; c < column + 3; c++) {
              most = Math.max(most, all[(int) (plane * 63 + r * 9 + c)]);
            }
          }
          assertEquals(most, values[at]);
          assertEquals(most, all[(int) (plane * 63 + places[at])]);
          at++;
        }
      }
    }
    Tensor alone =
        Functional.fractionalMaxPool2d(
            x.get(1), new Pair(2, 3), options.randomSamples(samples.narrow(0, 1, 1)));
    assertTrue(alone.equal(got.values().get(1)));
  }

  @Test
  void volumesReadTheirSamplesFromTheDepthOn() {
    Tensor x = Tensor.arange(6 * 5 * 4).toFloat().view(1, 1, 6, 5, 4);
    Tensor samples = Tensor.of(new float[] {0.1f, 0.5f, 0.9f}).view(1, 1, 3);
    Located got =
        Functional.fractionalMaxPool3dWithIndices(
            x, new Triple(2, 1, 1), FractionalMaxPool3d.to(3, 3, 3).randomSamples(samples));
    double[] values = got.values().flatten().toDoubleArray();
    int at = 0;
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        for (int k = 0; k < 3; k++) {
          long depth = start(0.1f, 6, 3, 2, i) + 1;
          assertEquals(
              (depth * 5 + start(0.5f, 5, 3, 1, j)) * 4 + start(0.9f, 4, 3, 1, k), values[at++]);
        }
      }
    }
    assertArrayEquals(values, got.indices().flatten().toDouble().toDoubleArray());
  }

  @Test
  void theLastNanIsTheGreatestAndTheFirstOfEquals() {
    Tensor x = Tensor.of(new float[] {1, Float.NaN, 7, Float.NaN, 2, 7, 7, 0, 0}).view(1, 1, 3, 3);
    Tensor samples = Tensor.zeros(1, 1, 2);
    Located all =
        Functional.fractionalMaxPool2dWithIndices(
            x, Pair.of(3), FractionalMaxPool2d.to(1).randomSamples(samples));
    assertEquals(3, all.indices().item());
    assertTrue(Double.isNaN(all.values().item()));
    Located rows =
        Functional.fractionalMaxPool2dWithIndices(
            x, new Pair(2, 3), FractionalMaxPool2d.to(2, 1).randomSamples(samples));
    assertArrayEquals(new long[] {3, 3}, rows.indices().flatten().toLongArray());
    Tensor none = Tensor.full(Shape.of(1, 1, 2, 2), Double.NEGATIVE_INFINITY);
    Located nothing =
        Functional.fractionalMaxPool2dWithIndices(
            none, Pair.of(2), FractionalMaxPool2d.to(1).randomSamples(samples));
    assertEquals(0, nothing.indices().item());
    Located equals =
        Functional.fractionalMaxPool2dWithIndices(
            Tensor.ones(1, 1, 2, 2), Pair.of(2), FractionalMaxPool2d.to(1).randomSamples(samples));
    assertEquals(0, equals.indices().item());
  }

  @Test
  void gradientsGoWhereTheGreatestWere() {
    Tensor x = Tensor.randn(DType.FLOAT64, 1, 2, 5, 6).requiresGrad_();
    Tensor samples = Tensor.rand(DType.FLOAT64, 1, 2, 2);
    var options = FractionalMaxPool2d.by(0.6).randomSamples(samples);
    GradCheck.gradcheck(
        in -> List.of(Functional.fractionalMaxPool2d(in.get(0), Pair.of(2), options)), List.of(x));
    GradCheck.gradgradcheck(
        in -> List.of(Functional.fractionalMaxPool2d(in.get(0), Pair.of(2), options).square()),
        List.of(x));
  }

  @Test
  void layersDrawInEachCall() {
    Tensor x = Tensor.randn(2, 3, 32, 32);
    Module layer = new FractionalMaxPool2d(2, FractionalMaxPool2d.by(0.6));
    Chagres.manualSeed(3);
    Tensor first = layer.call(x);
    assertTrue(!layer.call(x).equal(first));
    Chagres.manualSeed(3);
    assertTrue(layer.call(x).equal(first));
    assertEquals(Shape.of(2, 3, 19, 19), first.shape());
    Tensor volume = Tensor.randn(3, 9, 8, 7);
    assertEquals(
        Shape.of(3, 4, 4, 3),
        new FractionalMaxPool3d(2, FractionalMaxPool3d.by(0.5)).eval().call(volume).shape());
    assertEquals(Shape.of(0, 3, 4, 4), layerTo(4).call(Tensor.zeros(0, 3, 8, 8)).shape());
  }

  private static Module layerTo(long size) {
    return new FractionalMaxPool2d(2, FractionalMaxPool2d.to(size));
  }

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void refuseWhatDoesNotFit() {
    Tensor x = Tensor.ones(1, 1, 4, 5);
    refused(
        "fractionalMaxPool2d: 4 windows of 2 do not begin at different places among 4",
        () -> layerTo(4).call(x));
    refused(
        "fractionalMaxPool2d: 3 numbers for the 2 dimensions of (1, 1, 4, 5)",
        () -> Functional.fractionalMaxPool2d(x, Pair.of(2), FractionalMaxPool2d.to(1, 2, 3)));
    refused(
        "fractionalMaxPool2d: random samples are float32 (1, 1, 2) here, not float64 (1, 2)",
        () ->
            Functional.fractionalMaxPool2d(
                x,
                Pair.of(2),
                FractionalMaxPool2d.to(2).randomSamples(Tensor.zeros(DType.FLOAT64, 1, 2))));
    refused(
        "fractionalMaxPool2d: nothing is left of (1, 1, 4, 5)",
        () -> Functional.fractionalMaxPool2d(x, Pair.of(2), FractionalMaxPool2d.by(0.1)));
    refused(
        "fractionalMaxPool2d: not defined for int64; convert to a floating dtype first",
        () -> Functional.fractionalMaxPool2d(x.toLong(), Pair.of(2), FractionalMaxPool2d.to(2)));
    refused("FractionalMaxPool: needs either sizes or ratios", () -> FractionalMaxPool2d.to());
    refused(
        "FractionalMaxPool: the ratio 1.5 is not between 0 and 1",
        () -> FractionalMaxPool3d.by(1.5));
    refused(
        "FractionalMaxPool2d: the kernel (0, 0) is less than 1",
        () -> new FractionalMaxPool2d(0, FractionalMaxPool2d.to(1)));
  }
}
