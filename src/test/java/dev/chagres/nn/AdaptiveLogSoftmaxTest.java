package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The adaptive softmax beside PyTorch's, and beside what it says of itself. */
@OnEveryDevice
class AdaptiveLogSoftmaxTest {
  private static final GoldenFile EXPECTED = GoldenFile.open("layers.safetensors");

  /** The losses of the golden file by name. */
  static final Map<String, Supplier<AdaptiveLogSoftmaxWithLoss>> LOSSES =
      Map.of(
          "AdaptiveLogSoftmaxWithLoss",
          () -> new AdaptiveLogSoftmaxWithLoss(6, 12, biased(), 3, 5, 9),
          "AdaptiveLogSoftmaxWithLoss defaults",
          () -> new AdaptiveLogSoftmaxWithLoss(20, 8, 4),
          "AdaptiveLogSoftmaxWithLoss divided",
          () ->
              new AdaptiveLogSoftmaxWithLoss(
                  7, 4, AdaptiveLogSoftmaxWithLoss.options().divValue(0.1), 2));

  private static AdaptiveLogSoftmaxWithLoss.Options biased() {
    return AdaptiveLogSoftmaxWithLoss.options().divValue(1.5).headBias(Bias.LEARNED);
  }

  private static void assertNear(Tensor expected, Tensor got) {
    assertEquals(expected.shape(), got.shape());
    assertTrue(got.allclose(expected, 1e-5, 1e-6), () -> got + " is not " + expected);
  }

  @Test
  void itsPartsAreAsInPyTorch() {
    LOSSES.forEach(
        (name, maker) -> {
          var loss = maker.get();
          loss.stateDict()
              .forEach((key, value) -> value.copy_(EXPECTED.get(name + "/parameter/" + key)));
          Tensor x = EXPECTED.get(name + "/input/0").requiresGrad_();
          Tensor target = EXPECTED.get(name + "/input/1");
          var result = loss.run(x, target);
          assertNear(EXPECTED.get(name + "/each"), result.output());
          result.loss().backward();
          assertNear(EXPECTED.get(name + "/gradient"), Objects.requireNonNull(x.grad()));
          assertNear(EXPECTED.get(name + "/log_prob"), loss.logProb(x));
          assertTrue(EXPECTED.get(name + "/predict").equal(loss.predict(x)), name);
        });
  }

  @Test
  void theProbabilitiesOfAllClassesAddUpToOne() {
    var loss = new AdaptiveLogSoftmaxWithLoss(6, 12, biased(), 3, 5, 9);
    loss.to(DType.FLOAT64);
    Tensor x = Tensor.randn(DType.FLOAT64, 12, 6);
    Tensor logs = loss.logProb(x);
    assertTrue(logs.exp().sum(1).allclose(Tensor.ones(DType.FLOAT64, 12)));
    Tensor every = Tensor.arange(12);
    assertTrue(loss.run(x, every).output().allclose(logs.diag()));
    assertEquals(-logs.diag().mean().item(), loss.call(x, every).item(), 1e-12);
    Tensor few = Tensor.of(new int[] {0, 0, 1});
    assertTrue(
        loss.run(x.narrow(0, 0, 3), few)
            .output()
            .allclose(logs.narrow(0, 0, 3).gather(1, few.toLong().unsqueeze(1)).squeeze(1)));
    assertTrue(loss.predict(x).equal(logs.argmax(1)));
    var alone = loss.run(x.get(7), Tensor.scalar(7L));
    assertEquals(Shape.scalar(), alone.output().shape());
    assertEquals(logs.get(7, 7).item(), alone.output().item(), 1e-12);
    assertEquals(Shape.of(1), loss.run(x.narrow(0, 0, 1), Tensor.of(11L)).output().shape());
    Tensor none = Tensor.zeros(DType.FLOAT64, 0, 6);
    assertEquals(Shape.of(0), loss.run(none, Tensor.zeros(DType.INT64, 0)).output().shape());
    assertEquals(Shape.of(0), loss.predict(none).shape());
  }

  @Test
  void gradientsFlowToInputsAndClusters() {
    var loss = new AdaptiveLogSoftmaxWithLoss(4, 6, 2, 4);
    loss.to(DType.FLOAT64);
    Tensor x = Tensor.randn(DType.FLOAT64, 4, 4).requiresGrad_();
    Tensor target = Tensor.of(5L, 0, 3, 4);
    GradCheck.gradcheck(in -> List.of(loss.run(in.get(0), target).output()), List.of(x));
    loss.call(x, Tensor.of(0L, 1, 4, 5)).backward();
    assertTrue(loss.tail().get(0).parameters().stream().allMatch(p -> p.grad() == null));
    assertTrue(loss.tail().get(1).parameters().stream().allMatch(p -> p.grad() != null));
  }

  @Test
  void hooksSeeTheLossOfEachCallOnce() {
    var loss = new AdaptiveLogSoftmaxWithLoss(4, 6, 2, 4);
    Tensor x = Tensor.randn(3, 4);
    Tensor target = Tensor.of(0L, 3, 5);
    var plain = loss.run(x, target);
    var seen = new ArrayList<Double>();
    loss.registerForwardHook(
        (_, inputs, output) -> {
          assertEquals(2, inputs.size());
          seen.add(output.item());
          return output.mul(2);
        });
    var hooked = loss.run(x, target);
    assertEquals(2 * plain.loss().item(), hooked.loss().item(), 1e-6);
    assertTrue(hooked.output().equal(plain.output()));
    assertEquals(2 * plain.loss().item(), loss.call(x, target).item(), 1e-6);
    assertEquals(List.of(plain.loss().item(), plain.loss().item()), seen);
    loss.registerForwardPreHook((_, inputs) -> inputs.subList(0, 1));
    refused("takes an input and a target, not 1 tensor", () -> loss.run(x, target));
  }

  private static void refused(String message, Executable call) {
    assertEquals(
        "AdaptiveLogSoftmaxWithLoss: " + message,
        assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void whatDoesNotFitIsRefused() {
    String grow = "cutoffs grow from 1 to at most 4 for 5 classes, not ";
    for (long[] bad : new long[][] {{}, {0, 2}, {3, 2}, {2, 2}, {5}}) {
      refused(
          grow + java.util.Arrays.toString(bad), () -> new AdaptiveLogSoftmaxWithLoss(3, 5, bad));
    }
    refused("divValue 0.0 is not positive", () -> AdaptiveLogSoftmaxWithLoss.options().divValue(0));
    var loss = new AdaptiveLogSoftmaxWithLoss(3, 5, 2);
    Tensor x = Tensor.ones(2, 3);
    String needs = "needs inputs (n, in) and targets (n), or (in) and a number, not ";
    refused(needs + "(2, 3) and (3,)", () -> loss.call(x, Tensor.of(0L, 1, 2)));
    refused(needs + "(3,) and (1,)", () -> loss.call(x.get(0), Tensor.of(0L)));
    refused("the target must be of integers, not float32", () -> loss.call(x, Tensor.ones(2)));
    refused("needs inputs (n, in), not (3,)", () -> loss.predict(x.get(0)));
    refused("needs inputs (n, in), not (3,)", () -> loss.logProb(x.get(0)));
    for (long bad : new long[] {5, -1}) {
      assertEquals(
          "AdaptiveLogSoftmaxWithLoss: target " + bad + " is not one of 5 classes",
          assertThrows(IndexOutOfBoundsException.class, () -> loss.call(x, Tensor.of(0L, bad)))
              .getMessage());
    }
    assertArrayEquals(
        new String[] {"head.weight", "tail.0.0.weight", "tail.0.1.weight"},
        loss.stateDict().keySet().toArray(String[]::new));
  }
}
