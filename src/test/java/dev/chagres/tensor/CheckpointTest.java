package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.autograd.Backward.Option;
import dev.chagres.core.DType;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.nn.Dropout;
import dev.chagres.nn.Functional;
import dev.chagres.nn.Linear;
import dev.chagres.nn.ReLU;
import dev.chagres.nn.Sequential;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Functions that are computed again for their gradients: the same numbers, in less memory. */
@OnEveryDevice
class CheckpointTest {
  private static Tensor leaf(double... values) {
    return Tensor.of(values, DType.FLOAT64).requiresGrad_();
  }

  private static void values(@Nullable Tensor tensor, double... expected) {
    assertNotNull(tensor);
    assertArrayEquals(expected, tensor.toDoubleArray(), 1e-12);
  }

  @Test
  void theGradientsAreThoseWithoutIt() {
    int[] calls = {0};
    Tensor x = leaf(1, 2);
    Tensor w = leaf(3, 4);
    Tensor y =
        Autograd.checkpoint(
            a -> {
              calls[0]++;
              return a.mul(w).mul(a);
            },
            x);
    values(y, 3, 16);
    assertEquals("CheckpointBackward", Objects.requireNonNull(y.gradFn()).name());
    assertEquals(1, calls[0]);
    y.sum().backward();
    assertEquals(2, calls[0]);
    values(x.grad(), 6, 16);
    values(w.grad(), 1, 4);
  }

  @Test
  void onlyWhatItCapturesNeedRequireGradients() {
    Tensor w = leaf(3, 4);
    Tensor x = Tensor.of(new double[] {1, 2}, DType.FLOAT64);
    Autograd.checkpoint(a -> a.mul(w).exp(), x).sum().backward();
    values(w.grad(), Math.exp(3), 2 * Math.exp(8));
    assertNull(x.grad());
    Tensor constant = Autograd.checkpoint(a -> a.mul(2), x);
    assertFalse(constant.requiresGrad());
  }

  @Test
  void whatItCapturesMayBeComputed() {
    Tensor p = leaf(2, 3);
    Tensor w = p.mul(p);
    Tensor x = w.add(1);
    Tensor y = Autograd.checkpoint(a -> a.mul(w), x);
    y.sum().add(w.sum()).backward();
    // (w + 1) w + w with w = p^2: (2 w + 2) 2 p
    values(p.grad(), 40, 120);
  }

  @Test
  void gradReturnsAndLeavesGradAlone() {
    Tensor x = leaf(2);
    Tensor w = leaf(5);
    Tensor y = Autograd.checkpoint(a -> a.mul(a).mul(w), x);
    List<Tensor> found = Autograd.grad(y, List.of(x, w));
    values(found.get(0), 20);
    values(found.get(1), 4);
    assertNull(x.grad());
    assertNull(w.grad());
  }

  @Test
  void hooksOfParametersRunOnce() {
    Tensor w = leaf(5);
    int[] calls = {0};
    w.registerHook(
        g -> {
          calls[0]++;
          return g.mul(10);
        });
    Autograd.checkpoint(a -> a.mul(w), leaf(2)).backward();
    assertEquals(1, calls[0]);
    values(w.grad(), 20);
  }

  @Test
  void severalTensorsInAndOut() {
    Tensor a = leaf(1, 2);
    Tensor b = Tensor.of(new double[] {3, 4}, DType.FLOAT64);
    Tensor c = leaf(5, 6);
    List<Tensor> outputs =
        Autograd.checkpoint(
            in -> {
              Tensor product = in.get(0).mul(in.get(1));
              return List.of(product, in.get(2).square(), in.get(1).gt(3), in.get(0));
            },
            List.of(a, b, c));
    assertEquals(DType.BOOL, outputs.get(2).dtype());
    assertFalse(outputs.get(2).requiresGrad());
    outputs.get(0).sum().backward(Option.RETAIN_GRAPH);
    values(a.grad(), 3, 4);
    assertNull(c.grad());
    outputs.get(1).sum().add(outputs.get(3).sum()).backward();
    values(a.grad(), 4, 5);
    values(c.grad(), 10, 12);
  }

  @Test
  void itIsFreedLikeAnyOtherNode() {
    Tensor x = leaf(1);
    Tensor y = Autograd.checkpoint(a -> a.exp(), x);
    y.backward();
    Exception e = assertThrows(IllegalStateException.class, y::backward);
    assertTrue(e.getMessage().contains("second time"), e.getMessage());
  }

  @Test
  void randomNumbersAreDrawnAgain() {
    Chagres.manualSeed(5);
    Tensor plain = masked(false);
    Chagres.manualSeed(5);
    Tensor again = masked(true);
    assertArrayEquals(plain.toDoubleArray(), again.toDoubleArray());
  }

  /** The gradient of a layer with dropout, and a number that is drawn after it. */
  private static Tensor masked(boolean checkpoint) {
    Tensor x = Tensor.ones(DType.FLOAT64, 40).requiresGrad_();
    UnaryOperator<Tensor> layer = a -> Functional.dropout(a, 0.5).mul(a).mul(Tensor.rand(40));
    Tensor y = checkpoint ? Autograd.checkpoint(layer, x) : layer.apply(x);
    Tensor after = Tensor.rand(DType.FLOAT64, 3);
    y.sum().backward();
    assertArrayEquals(x.grad().toDoubleArray(), y.mul(2).toDoubleArray(), 1e-6);
    return Tensor.cat(List.of(x.grad(), after, Tensor.rand(DType.FLOAT64, 3)), 0);
  }

  @Test
  void theyNest() {
    Tensor x = leaf(0.3, 0.4);
    Tensor w = leaf(2, 3);
    int[] calls = {0};
    UnaryOperator<Tensor> inner =
        a -> {
          calls[0]++;
          return a.mul(w).sin();
        };
    UnaryOperator<Tensor> outer = a -> Autograd.checkpoint(inner, a.exp()).mul(a);
    Tensor y = Autograd.checkpoint(outer, x);
    y.sum().backward();
    assertEquals(3, calls[0]);
    Tensor x2 = leaf(0.3, 0.4);
    Tensor w2 = leaf(2, 3);
    x2.exp().mul(w2).sin().mul(x2).sum().backward();
    values(x.grad(), x2.grad().toDoubleArray());
    values(w.grad(), w2.grad().toDoubleArray());
  }

  @Test
  void theyHaveSecondDerivatives() {
    Tensor w = leaf(0.7, -0.4);
    Tensor p = leaf(0.3, 0.4);
    GradCheck.gradcheck((a, b) -> Autograd.checkpoint(x -> x.mul(b).sin().mul(x), a.exp()), p, w);
    GradCheck.gradgradcheck(
        (a, b) -> Autograd.checkpoint(x -> x.mul(b).sin().mul(x), a.mul(b).exp()), p, w);
    GradCheck.gradgradcheck(
        a -> Autograd.checkpoint(x -> Autograd.checkpoint(y -> y.exp().mul(w), x).sin(), a), p);
  }

  @Test
  void writesInsideAreAllowedButNotToWhatIsGiven() {
    Tensor x = leaf(1, 2);
    Autograd.checkpoint(a -> a.mul(2).add_(a).mul_(a), x).sum().backward();
    values(x.grad(), 6, 12);
    Tensor z = x.mul(1);
    Tensor y = Autograd.checkpoint(a -> a.mul_(2), z);
    assertThrows(IllegalStateException.class, () -> y.sum().backward());
    Tensor late = x.mul(1);
    Tensor kept = Autograd.checkpoint(a -> a.mul(2), late);
    late.add_(1);
    Exception e = assertThrows(IllegalStateException.class, () -> kept.sum().backward());
    assertTrue(e.getMessage().contains("modified"), e.getMessage());
  }

  @Test
  void itMustDoTheSameAgain() {
    long[] size = {2};
    Tensor x = leaf(1, 2, 3);
    Tensor y = Autograd.checkpoint(a -> a.narrow(0, 0, size[0]++).mul(2), x);
    Exception e = assertThrows(IllegalStateException.class, () -> y.sum().backward());
    assertTrue(e.getMessage().contains("(2,)") && e.getMessage().contains("(3,)"), e.getMessage());
  }

  @Test
  void withoutRecordingItIsTheFunction() {
    Tensor x = leaf(1, 2);
    try (var _ = Autograd.noGrad()) {
      assertFalse(Autograd.checkpoint(a -> a.mul(2), x).requiresGrad());
    }
  }

  // ---- sequences

  @Test
  void aSequenceIsCutIntoSegments() {
    List<UnaryOperator<Tensor>> steps = new ArrayList<>();
    int[] calls = new int[5];
    for (int i = 0; i < 5; i++) {
      int at = i;
      steps.add(
          a -> {
            calls[at]++;
            return a.mul(a);
          });
    }
    Tensor x = leaf(1.1);
    Tensor y = Autograd.checkpointSequential(steps, 2, x);
    assertEquals(Math.pow(1.1, 32), y.item(), 1e-9);
    y.backward();
    assertEquals(32 * Math.pow(1.1, 31), x.grad().item(), 1e-9);
    assertArrayEquals(new int[] {2, 2, 1, 1, 1}, calls);
    for (int wrong : new int[] {0, 6, -1}) {
      assertThrows(
          IllegalArgumentException.class, () -> Autograd.checkpointSequential(steps, wrong, x));
    }
  }

  @Test
  void aSequentialIsOne() {
    Chagres.manualSeed(1);
    var model =
        new Sequential(
            new Linear(4, 8),
            new ReLU(),
            new Dropout(0.5),
            new Linear(8, 8),
            new ReLU(),
            new Linear(8, 2));
    Tensor x = Tensor.randn(3, 4);
    Chagres.manualSeed(2);
    model.call(x).square().sum().backward();
    List<float[]> expected =
        model.parameters().stream()
            .map(p -> Objects.requireNonNull(p.grad()).toFloatArray())
            .toList();
    model.parameters().forEach(p -> p.setGrad(null));
    Chagres.manualSeed(2);
    model.checkpointed(3, x).square().sum().backward();
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(
          expected.get(i),
          Objects.requireNonNull(model.parameters().get(i).grad()).toFloatArray(),
          1e-6f);
    }
  }

  // ---- memory

  private static Tensor deep(Tensor x) {
    Tensor y = x;
    for (int i = 0; i < 10; i++) {
      y = y.sin().mul(1.1);
    }
    return y;
  }

  /** The most bytes that are live beside those before, looked at after each step of the pass. */
  private static long live(Supplier<Tensor> forward) {
    Memory.emptyCache(); // a block that is left may be larger than what it is taken for
    try (var _ = Scope.open()) {
      long before = Chagres.memoryStats().liveBytes();
      Tensor y = forward.get();
      long after = Chagres.memoryStats().liveBytes();
      y.sum().backward();
      return after - before;
    }
  }

  @OnCpu("it measures memory of the host")
  @Test
  void theTapeKeepsTheInputsAlone() {
    long bytes = 1 << 20;
    Tensor x = Tensor.rand(bytes / Float.BYTES).requiresGrad_();
    long kept = live(() -> deep(deep(x)));
    long again =
        live(
            () ->
                Autograd.checkpoint(
                    CheckpointTest::deep, Autograd.checkpoint(CheckpointTest::deep, x)));
    assertTrue(kept >= 20 * bytes, () -> "kept " + kept);
    assertTrue(again < 3 * bytes, () -> "kept " + again);
  }

  @Test
  void backwardGivesASegmentBackBeforeItComesToTheNext() {
    long bytes = 1 << 20;
    Tensor x = Tensor.rand(bytes / Float.BYTES).requiresGrad_();
    long[] most = {0};
    UnaryOperator<Tensor> watched =
        a -> {
          Tensor y = deep(a);
          most[0] = Math.max(most[0], Chagres.memoryStats().liveBytes());
          return y;
        };
    Memory.emptyCache(); // a block that is left may be larger than what it is taken for
    try (var _ = Scope.open()) {
      long before = Chagres.memoryStats().liveBytes();
      Tensor y = x;
      for (int i = 0; i < 6; i++) {
        y = Autograd.checkpoint(watched, y);
      }
      y.sum().backward();
      // six inputs, one segment of twenty, and gradients in between
      assertTrue(most[0] - before < 32 * bytes, () -> "live " + (most[0] - before));
    }
    assertNotNull(x.grad());
  }
}
