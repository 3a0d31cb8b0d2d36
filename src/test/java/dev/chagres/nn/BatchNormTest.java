package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Normalization of batches, groups of channels, and by the root of the mean square. */
@OnEveryDevice
class BatchNormTest {
  private static Tensor random(int seed, long... sizes) {
    return new Generator(DefaultDevice.get(), seed).randn(DType.FLOAT64, sizes);
  }

  @Test
  void hasPyTorchsValuesGradientsAndRunningStatistics() throws IOException {
    List<GoldenCases.Case> cases = GoldenCases.of("batch_norm");
    assertEquals(4, cases.size());
    for (GoldenCases.Case c : cases) {
      List<Tensor> in = new ArrayList<>();
      for (int i = 0; i < c.in().size(); i++) {
        in.add(i < 3 ? c.leaf(i) : c.in().get(i).clone());
      }
      Tensor mean = in.get(3);
      Tensor variance = in.get(4);
      BatchStatistics statistics =
          c.flag("training")
              ? BatchStatistics.ofBatch(mean, variance, c.number("momentum", 0))
              : BatchStatistics.of(mean, variance);
      Tensor y =
          Functional.batchNorm(in.getFirst(), statistics, in.get(1), in.get(2), c.number("eps", 0));
      GoldenCases.assertClose(c.out().get(0), y, c.name());
      GoldenCases.assertClose(c.out().get(1), mean, c.name() + ": running mean");
      GoldenCases.assertClose(c.out().get(2), variance, c.name() + ": running variance");
      y.backward(c.all().get("cotangent0"));
      for (int i = 0; i < 3; i++) {
        GoldenCases.assertClose(c.all().get("grad" + i), in.get(i).grad(), c.name() + ": " + i);
      }
    }
  }

  @Test
  void gradientsCanBeDifferentiated() {
    Tensor x = random(1, 3, 2, 2).requiresGrad_();
    Tensor w = random(2, 2).requiresGrad_();
    Tensor b = random(3, 2).requiresGrad_();
    var batch = BatchStatistics.ofBatch();
    GradCheck.gradcheck((Tensor t) -> Functional.batchNorm(t, batch, w, b, 0.1), x);
    GradCheck.gradgradcheck((Tensor t) -> Functional.batchNorm(t, batch, w, b, 0.1), x);
    GradCheck.gradgradcheck((Tensor t) -> Functional.batchNorm(x, batch, t, b, 0.1), w);
    var running = BatchStatistics.of(random(4, 2), random(5, 2).square());
    GradCheck.gradgradcheck((Tensor t) -> Functional.batchNorm(t, running, w, b, 0.1), x);
    Tensor y = random(6, 2, 4, 3).requiresGrad_();
    Tensor v = random(7, 4).requiresGrad_();
    GradCheck.gradcheck((Tensor t) -> Functional.groupNorm(t, 2, v, null, 0.1), y);
    GradCheck.gradgradcheck((Tensor t) -> Functional.groupNorm(t, 2, v, null, 0.1), y);
    Tensor u = random(8, 4, 3).requiresGrad_();
    GradCheck.gradcheck((Tensor t) -> Functional.rmsNorm(t, Shape.of(4, 3), u, null), y);
    GradCheck.gradgradcheck((Tensor t) -> Functional.rmsNorm(t, Shape.of(4, 3), u, 0.1), y);
  }

  @Test
  void runningStatisticsMoveInTrainingAlone() {
    var layer = new BatchNorm1d(2, BatchNorm1d.options().momentum(null));
    Tensor x = Tensor.arange(8).toFloat().view(4, 2);
    layer.call(x);
    layer.call(x.mul(2));
    // PyTorch's
    assertArrayEquals(new double[] {4.5, 6}, layer.runningMean().orElseThrow().toDoubleArray());
    assertArrayEquals(
        new double[] {16.6667, 16.6667}, layer.runningVar().orElseThrow().toDoubleArray(), 1e-4);
    assertEquals(2, layer.stateDict().get("num_batches_tracked").item());
    layer.eval();
    Tensor y = layer.call(x.narrow(0, 0, 1));
    assertEquals(2, layer.stateDict().get("num_batches_tracked").item());
    assertArrayEquals(
        new double[] {-4.5 / Math.sqrt(16.66667), -5 / Math.sqrt(16.66667)},
        y.toDoubleArray(),
        1e-5);
    var fixed = new BatchNorm1d(2);
    fixed.call(x);
    assertArrayEquals(
        new double[] {0.3, 0.4}, fixed.runningMean().orElseThrow().toDoubleArray(), 1e-6);
    assertArrayEquals(
        new double[] {0.9 + 2 / 3.0, 0.9 + 2 / 3.0},
        fixed.runningVar().orElseThrow().toDoubleArray(),
        1e-6);
  }

  @Test
  void withoutRunningStatisticsEvaluationTakesTheBatchs() {
    var none = BatchNorm.RunningStats.NONE;
    var layer =
        new BatchNorm3d(
            2, BatchNorm3d.options().runningStats(none).affine(LayerNorm.Affine.NONE).eps(1e-12));
    layer.eval();
    assertEquals(Optional.empty(), layer.runningMean());
    Tensor y = layer.call(random(1, 3, 2, 1, 2, 2).toFloat());
    assertEquals(0, y.mean(0, 2, 3, 4).abs().max().item(), 1e-6);
    assertEquals(12 / 11.0, y.var(0, 2, 3, 4).max().item(), 1e-5);
  }

  @Test
  void nothingCancelsFarFromZero() {
    Tensor x = random(5, 64, 2, 9).add(1000);
    Tensor expected = Functional.batchNorm(x, BatchStatistics.ofBatch(), null, null, 1e-5);
    Tensor y = Functional.batchNorm(x.toFloat(), BatchStatistics.ofBatch(), null, null, 1e-5);
    assertEquals(0, y.to(DType.FLOAT64).sub(expected).abs().max().item(), 2e-4);
  }

  @Test
  void sixteenBitsAreNormalizedInFloat32() {
    Tensor x = random(2, 8, 3, 4, 4).to(DType.BFLOAT16);
    var layer = new BatchNorm2d(3);
    Tensor y = layer.call(x);
    assertEquals(DType.BFLOAT16, y.dtype());
    var wide = new BatchNorm2d(3).call(x.toFloat());
    assertTrue(y.equal(wide.to(DType.BFLOAT16)));
    assertEquals(DType.FLOAT32, layer.runningMean().orElseThrow().dtype());
  }

  @Test
  void anEmptyBatchMovesNothing() {
    var layer = new BatchNorm2d(3);
    assertEquals(Shape.of(0, 3, 2, 2), layer.call(Tensor.zeros(0, 3, 2, 2)).shape());
    assertArrayEquals(new double[3], layer.runningMean().orElseThrow().toDoubleArray());
    assertEquals(Shape.of(0, 4), new GroupNorm(2, 4).call(Tensor.zeros(0, 4)).shape());
    assertEquals(Shape.of(0, 4), new RMSNorm(4).call(Tensor.zeros(0, 4)).shape());
  }

  @Test
  void printAndAreNamedAsInPyTorch() {
    assertEquals(
        "BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
        new BatchNorm2d(3).toString());
    assertEquals(
        "BatchNorm1d(3, eps=1e-05, momentum=None, affine=False, bias=False,"
            + " track_running_stats=False)",
        new BatchNorm1d(
                3,
                new BatchNorm.Options(
                    1e-5, null, LayerNorm.Affine.NONE, BatchNorm.RunningStats.NONE))
            .toString());
    assertEquals(
        List.of("weight", "bias", "running_mean", "running_var", "num_batches_tracked"),
        List.copyOf(new BatchNorm2d(3).stateDict().keySet()));
    assertEquals(
        "GroupNorm(2, 4, eps=1e-05, affine=True, bias=True)", new GroupNorm(2, 4).toString());
    assertEquals("RMSNorm((4,), eps=None, elementwise_affine=True)", new RMSNorm(4).toString());
    assertEquals(
        "RMSNorm((3, 4), eps=0.001, elementwise_affine=False)",
        new RMSNorm(Shape.of(3, 4), RMSNorm.options().eps(0.001).affine(RMSNorm.Affine.NONE))
            .toString());
    assertFalse(
        new RMSNorm(Shape.of(4), RMSNorm.options().affine(RMSNorm.Affine.NONE))
            .weight()
            .isPresent());
    assertTrue(
        new BatchNorm2d(3, BatchNorm2d.options().affine(LayerNorm.Affine.WITHOUT_BIAS))
            .bias()
            .isEmpty());
  }

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void refusesWhatDoesNotFit() {
    Tensor x = Tensor.ones(4, 3);
    refused(
        "batchNorm: expected more than 1 value per channel when training, not an input (1, 3)",
        () -> new BatchNorm1d(3).call(Tensor.ones(1, 3)));
    refused("BatchNorm2d: needs images (n, c, h, w), not (4, 3)", () -> new BatchNorm2d(3).call(x));
    refused(
        "BatchNorm3d: needs volumes (n, c, depth, h, w), not (4, 3)",
        () -> new BatchNorm3d(3).call(x));
    refused("BatchNorm1d: needs 2 channels, not an input (4, 3)", () -> new BatchNorm1d(2).call(x));
    var kept = InstanceNorm.options().runningStats(BatchNorm.RunningStats.TRACKED);
    refused(
        "InstanceNorm1d: needs 2 channels, not an input (4, 3, 5)",
        () -> new InstanceNorm1d(2, kept).call(Tensor.ones(4, 3, 5)));
    refused(
        "batchNorm: a bias of float64 for an input of float32",
        () ->
            Functional.batchNorm(
                x, BatchStatistics.ofBatch(), null, Tensor.ones(DType.FLOAT64, 3), 1e-5));
    refused(
        "batchNorm: needs an input (n, c, …), not (3,)",
        () -> Functional.batchNorm(Tensor.ones(3), BatchStatistics.ofBatch(), null, null, 1e-5));
    refused(
        "batchNorm: not defined for int64; convert to a floating dtype first",
        () -> Functional.batchNorm(x.toLong(), BatchStatistics.ofBatch(), null, null, 1e-5));
    refused("BatchNorm1d: -1 channels", () -> new BatchNorm1d(-1));
    refused("GroupNorm: 4 channels do not make 3 groups", () -> new GroupNorm(3, 4));
    refused("GroupNorm: 4 channels do not make 0 groups", () -> new GroupNorm(0, 4));
    refused("groupNorm: 3 channels do not make 2 groups", () -> new GroupNorm(2, 4).call(x));
    refused("rmsNorm: an input (4, 3) to normalize over (4,)", () -> new RMSNorm(4).call(x));
    refused(
        "RMSNorm: there is no dimension to normalize",
        () -> new RMSNorm(Shape.of(), RMSNorm.options()));
  }
}
