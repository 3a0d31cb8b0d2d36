package dev.chagres.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.memory.Scope;
import dev.chagres.nn.Conv2d;
import dev.chagres.nn.CrossEntropyLoss;
import dev.chagres.nn.Flatten;
import dev.chagres.nn.GELU;
import dev.chagres.nn.LayerNorm;
import dev.chagres.nn.Linear;
import dev.chagres.nn.MaxPool2d;
import dev.chagres.nn.Parameters;
import dev.chagres.nn.Sequential;
import dev.chagres.nn.Tanh;
import dev.chagres.tensor.Autocast;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.AutocastFacts;
import dev.chagres.testing.OnEveryDevice;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Whole models under autocast and with a scaled loss, beside PyTorch's on its CPU. */
@OnEveryDevice
class MixedPrecisionTest {
  private static final CrossEntropyLoss LOSS = new CrossEntropyLoss();

  private static Sequential mlp() {
    return new Sequential(new Linear(8, 16), new GELU(), new LayerNorm(16), new Linear(16, 4));
  }

  private static Sequential cnn() {
    return new Sequential(
        new Conv2d(1, 4, 3), new Tanh(), new MaxPool2d(2), new Flatten(), new Linear(16, 4));
  }

  /** A model, inputs and classes, drawn on the CPU in PyTorch's order. */
  private record Drawn(Sequential model, Tensor x, Tensor y) {
    static Drawn of(Supplier<Sequential> model, int rows, long... shape) {
      Device here = DefaultDevice.get();
      try (var _ = DefaultDevice.use(Device.cpu())) {
        Chagres.manualSeed(42);
        Sequential made = model.get();
        Tensor x = Tensor.randn(shape);
        Tensor y = Tensor.randint(0, 4, rows);
        made.to(here);
        return new Drawn(made, x.to(here), y.to(here));
      }
    }
  }

  private static void assertNear(String what, double[] wanted, Tensor found, double steps) {
    double[] numbers = found.detach().cpu().to(DType.FLOAT64).flatten().toDoubleArray();
    assertEquals(wanted.length, numbers.length, what);
    double most = 0;
    for (double each : wanted) {
      most = Math.max(most, Math.abs(each));
    }
    for (int i = 0; i < wanted.length; i++) {
      double step = Math.max(Math.abs(wanted[i]), most / 8) * 0x1p-8;
      assertEquals(wanted[i], numbers[i], steps * step, what + " " + i);
    }
  }

  private static void assertModel(String name, Drawn drawn) {
    Tensor loss;
    try (var _ = Autocast.on(DefaultDevice.get(), DType.BFLOAT16)) {
      Tensor out = drawn.model.call(drawn.x);
      assertEquals(DType.BFLOAT16, out.dtype());
      assertNear(name + ".out", AutocastFacts.numbers(name + ".out"), out, 4);
      loss = LOSS.call(out, drawn.y);
    }
    assertEquals(DType.FLOAT32, loss.dtype());
    assertNear(name + ".loss", AutocastFacts.numbers(name + ".loss"), loss, 2);
    loss.backward();
    for (var each : drawn.model.namedParameters().entrySet()) {
      String key = name + "." + each.getKey();
      Tensor gradient = each.getValue().grad();
      assertNotNull(gradient, key);
      assertEquals(DType.FLOAT32, gradient.dtype(), key);
      assertNear(key, AutocastFacts.numbers(key), gradient, 8);
    }
  }

  @Test
  void layersUnderAutocastComputeWhatPyTorchsDo() {
    assertModel("mlp", Drawn.of(MixedPrecisionTest::mlp, 6, 6, 8));
  }

  @Test
  void convolutionsUnderAutocastComputeWhatPyTorchsDo() {
    assertModel("cnn", Drawn.of(MixedPrecisionTest::cnn, 3, 3, 1, 6, 6));
  }

  /** Two batches of eight for each step, with a scale that is too great at first, and clipping. */
  @Test
  void aTrainingWithAScaledLossAndAccumulatedGradientsIsPyTorchs() {
    Drawn drawn = Drawn.of(MixedPrecisionTest::mlp, 16, 16, 8);
    var parameters = drawn.model.parameters();
    var optimizer = new SGD(parameters, SGD.options().lr(0.05).momentum(0.9));
    var scaler = new GradScaler(GradScaler.options().initScale(0x1p22).growthInterval(4));
    double[] losses = AutocastFacts.numbers("curve.losses");
    double[] scales = AutocastFacts.numbers("curve.scales");
    double[] norms = AutocastFacts.numbers("curve.norms");
    int skipped = 0;
    for (int step = 0; step < losses.length; step++) {
      try (var _ = Scope.open()) {
        optimizer.zeroGrad();
        double total = 0;
        for (int part = 0; part < 2; part++) {
          Tensor x = drawn.x.narrow(0, 8L * part, 8);
          Tensor y = drawn.y.narrow(0, 8L * part, 8);
          Tensor loss =
              Autocast.run(
                  DefaultDevice.get(),
                  DType.FLOAT16,
                  () -> LOSS.call(drawn.model.call(x), y).div(2));
          scaler.scale(loss).backward();
          total += loss.item();
        }
        scaler.unscale_(optimizer);
        double norm = Parameters.clipGradNorm_(parameters, 0.5).item();
        boolean taken = scaler.step(optimizer);
        scaler.update();
        assertEquals(losses[step], total, 2e-3 * losses[step], "loss of step " + step);
        assertEquals(scales[step], scaler.getScale(), "scale after step " + step);
        assertEquals(Double.isFinite(norms[step]), taken, "step " + step);
        if (taken) {
          assertEquals(norms[step], norm, 5e-3 * norms[step], "norm of step " + step);
        } else {
          skipped++;
        }
      }
    }
    assertTrue(skipped > 2 && losses[losses.length - 1] < 0.4 * losses[0], skipped + " skipped");
  }
}
