package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Averages of parameters. */
@OnEveryDevice
class AveragedModelTest {
  private static Sequential make() {
    return new Sequential(new Linear(2, 2), new BatchNorm1d(2));
  }

  private static void set(Module model, double value) {
    Autograd.noGrad(
        () -> {
          model.parameters().forEach(p -> p.fill_(value));
          model.buffers().forEach(b -> b.fill_(value));
        });
  }

  private static double weight(Module model) {
    return model.parameters().getFirst().get(0, 0).item();
  }

  @Test
  void meansAreThoseOfAllValues() {
    Sequential model = make();
    var averaged = new AveragedModel(model, AveragedModelTest::make);
    assertTrue(model.parameters().getFirst().equal(averaged.parameters().getFirst()));
    for (int i = 1; i <= 4; i++) {
      set(model, i * i);
      averaged.updateParameters(model);
    }
    assertEquals(7.5, weight(averaged), 1e-6);
    assertEquals(16, averaged.module().buffers().getFirst().get(0).item(), "copied");
    assertEquals(16, weight(model));
    assertEquals(4, averaged.stateDict().get("n_averaged").item());
    assertEquals(
        Set.of(
            "n_averaged",
            "module.0.weight",
            "module.0.bias",
            "module.1.weight",
            "module.1.bias",
            "module.1.running_mean",
            "module.1.running_var",
            "module.1.num_batches_tracked"),
        averaged.stateDict().keySet());
    averaged.eval();
    Tensor x = Tensor.randn(3, 2);
    assertTrue(averaged.call(x).equal(averaged.module().call(x)));
  }

  @Test
  void exponentialAveragesForget() {
    Sequential model = make();
    var averaged =
        new AveragedModel(
            model,
            AveragedModelTest::make,
            AveragedModel.ema(0.75),
            AveragedModel.Buffers.AVERAGED);
    double expected = 1;
    for (int i = 1; i <= 4; i++) {
      set(model, i);
      averaged.updateParameters(model);
      expected = 0.75 * expected + 0.25 * i;
    }
    assertEquals(expected, weight(averaged), 1e-6);
    assertEquals(expected, averaged.module().buffers().getFirst().get(0).item(), 1e-6);
    assertEquals(4, averaged.module().buffers().getLast().item(), "integers are copied");
    assertThrows(IllegalArgumentException.class, () -> AveragedModel.ema(1.5));
    assertThrows(IllegalArgumentException.class, () -> averaged.updateParameters(new Linear(2, 2)));
  }

  @Test
  void statisticsAreLearnedAnewAsMeansOverTheBatches() {
    Chagres.manualSeed(2);
    Sequential model = make();
    set(model, 1);
    Tensor first = Tensor.randn(6, 2);
    Tensor second = Tensor.randn(6, 2).add(3);
    model.eval();
    model.get(1).train();
    AveragedModel.updateBn(List.of(first, second), Function.identity(), model);
    assertTrue(!model.isTraining());
    BatchNorm1d norm = (BatchNorm1d) model.get(1);
    Tensor a = model.get(0).call(first).detach();
    Tensor b = model.get(0).call(second).detach();
    GoldenCases.assertClose(
        a.mean(0).add(b.mean(0)).div(2), norm.runningMean().orElseThrow(), "mean");
    GoldenCases.assertClose(
        a.var(0).add(b.var(0)).div(2), norm.runningVar().orElseThrow(), "variance");
    model.train();
    norm.resetRunningStats();
    model.call(first);
    GoldenCases.assertClose(
        a.mean(0).mul(0.1), norm.runningMean().orElseThrow(), "its own momentum again");
    AveragedModel.updateBn(List.of(first), Function.identity(), new Linear(2, 2));
    assertEquals(Shape.of(2), norm.runningMean().orElseThrow().shape());
  }
}
