package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.autograd.AnomalyException;
import dev.chagres.autograd.Backward.Option;
import dev.chagres.autograd.GradMode;
import dev.chagres.core.DType;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is said of gradients that go wrong. */
@OnEveryDevice
class AnomalyTest {
  private static Tensor leaf(double... values) {
    return Tensor.of(values, DType.FLOAT64).requiresGrad_();
  }

  /** The line of this file that calls. */
  private static String here(int further) {
    int line = Thread.currentThread().getStackTrace()[2].getLineNumber() + further;
    return "AnomalyTest.java:" + line;
  }

  private static String thrown(Runnable code) {
    return assertThrows(AnomalyException.class, code::run).getMessage();
  }

  private static void contains(String message, String part) {
    assertTrue(message.contains(part), () -> part + " is not in: " + message);
  }

  @Test
  void aRuleThatReturnsNaNIsNamedWithTheLineThatMadeIt() {
    Tensor x = leaf(-1, 0);
    try (var _ = Autograd.detectAnomaly()) {
      String line = here(1);
      Tensor y = x.sqrt();
      String message = thrown(() -> y.sum().backward());
      assertTrue(
          message.startsWith("SqrtBackward returned NaN for its input 0; made at " + line),
          message);
      assertNull(x.grad());
    }
  }

  @Test
  void itIsTheInputThatHasTheNaNThatIsNumbered() {
    Tensor a = leaf(2);
    Tensor b = leaf(0);
    try (var _ = Autograd.detectAnomaly()) {
      Tensor y = a.mul(0).div(b);
      contains(thrown(() -> y.backward()), "DivBackward returned NaN for its input 1");
    }
  }

  @Test
  void anInfinityIsNoAnomaly() {
    Tensor x = leaf(0);
    try (var _ = Autograd.detectAnomaly()) {
      x.sqrt().backward();
    }
    assertEquals(Double.POSITIVE_INFINITY, x.grad().item());
  }

  @Test
  void aRuleThatFailsIsNamedAndItsErrorIsTheCause() {
    Tensor x = leaf(1, 2);
    try (var _ = Autograd.detectAnomaly()) {
      Tensor y = x.mul(1);
      String line = here(1);
      Tensor z = y.exp();
      z.add_(1);
      var e = assertThrows(AnomalyException.class, () -> z.sum().backward());
      contains(e.getMessage(), "ExpBackward failed: ");
      contains(e.getMessage(), "was modified");
      contains(e.getMessage(), "made at " + line);
      assertInstanceOf(IllegalStateException.class, e.getCause());
    }
  }

  private static final class Wrong extends Function {
    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      return List.of(inputs.getFirst().mul(2));
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradients) {
      throw new UnsupportedOperationException("as meant");
    }
  }

  @Test
  void soIsARuleOfTheUsers() {
    Tensor x = leaf(1);
    try (var _ = Autograd.detectAnomaly()) {
      Tensor y = new Wrong().call(x);
      contains(thrown(() -> y.backward()), "WrongBackward failed: as meant; made at AnomalyTest");
    }
    Tensor y = new Wrong().call(x);
    assertThrows(UnsupportedOperationException.class, () -> y.backward());
  }

  @Test
  void anOperationOfAGradientIsTracedToTheOneWhoseGradientItIs() {
    Tensor x = leaf(0);
    try (var _ = Autograd.detectAnomaly()) {
      String line = here(1);
      Tensor y = x.pow(1.5);
      Tensor g = Autograd.grad(y, x, Option.CREATE_GRAPH);
      Tensor h = Autograd.grad(g, x, Option.CREATE_GRAPH);
      // 1.5 * 0.5 * x^-0.5 is infinite at 0, its derivative times 0 is NaN
      String message = thrown(() -> h.mul(0).backward());
      contains(message, "as part of the gradient of ");
      contains(message, "of PowBackward, made at " + line);
    }
  }

  @Test
  void theCallersOfTheLineAreNamedToo() {
    Tensor x = leaf(-1);
    try (var _ = Autograd.detectAnomaly()) {
      String line = here(1);
      Tensor y = rooted(x);
      contains(thrown(() -> y.backward()), ", called from " + line);
    }
  }

  private static Tensor rooted(Tensor x) {
    return x.log().mul(0).sqrt();
  }

  @Test
  void whatWasMadeBeforeIsNamedWithoutItsLine() {
    Tensor y = leaf(-1).sqrt();
    try (var _ = Autograd.detectAnomaly()) {
      contains(thrown(() -> y.backward()), "SqrtBackward returned NaN");
      contains(thrown(() -> leaf(-1).sqrt().backward()), "made at AnomalyTest.java");
    }
    Tensor z = leaf(-1).sqrt();
    try (var _ = Autograd.detectAnomaly()) {
      contains(thrown(() -> z.backward()), "made before anomalies were detected");
    }
  }

  @Test
  void itEndsWithItsBlockAndIsOfItsThread() throws Exception {
    Tensor x = leaf(-1);
    assertFalse(Autograd.isAnomalyEnabled());
    try (var _ = Autograd.detectAnomaly()) {
      assertTrue(Autograd.isAnomalyEnabled());
      try (var _ = Autograd.noGrad()) {
        assertTrue(Autograd.isAnomalyEnabled());
      }
      Thread other = Thread.ofVirtual().start(() -> leaf(-1).sqrt().backward());
      other.join();
    }
    assertFalse(Autograd.isAnomalyEnabled());
    x.sqrt().backward();
    assertTrue(Double.isNaN(x.grad().item()));
  }

  @Test
  void itIsSetForEveryThread() throws Exception {
    Autograd.setDetectAnomaly(true);
    try {
      assertTrue(Autograd.isAnomalyEnabled());
      boolean[] seen = {false};
      Thread.ofVirtual().start(() -> seen[0] = Autograd.isAnomalyEnabled()).join();
      assertTrue(seen[0]);
      contains(thrown(() -> leaf(-1).sqrt().backward()), "made at AnomalyTest.java");
    } finally {
      Autograd.setDetectAnomaly(false);
    }
    assertFalse(Autograd.isAnomalyEnabled());
  }

  @Test
  void aPassWithoutAnomaliesGivesTheSameGradients() {
    Tensor x = leaf(1, 2);
    try (var _ = Autograd.detectAnomaly()) {
      Tensor y = x.mul(x).sum();
      y.backward();
    }
    assertArrayEquals(new double[] {2, 4}, x.grad().toDoubleArray());
  }

  // ---- recording

  @Test
  void inferenceIsNotUndoneInside() {
    Tensor x = leaf(1, 2);
    try (var _ = Autograd.inferenceMode()) {
      assertTrue(Autograd.isInferenceModeEnabled());
      try (var _ = Autograd.enableGrad()) {
        assertFalse(x.mul(2).requiresGrad());
      }
      try (var _ = Autograd.setGradEnabled(true)) {
        assertFalse(x.mul(2).requiresGrad());
      }
    }
    assertFalse(Autograd.isInferenceModeEnabled());
    assertTrue(x.mul(2).requiresGrad());
    Tensor constant = Autograd.inferenceMode(() -> x.mul(3));
    assertTrue(constant.isLeaf() && !constant.requiresGrad());
    x.mul(constant).sum().backward();
    assertArrayEquals(new double[] {3, 6}, x.grad().toDoubleArray());
    boolean[] recorded = {true};
    Autograd.inferenceMode(() -> recorded[0] = x.mul(2).requiresGrad());
    assertFalse(recorded[0]);
  }

  @Test
  void whatWasMadeInInferenceModeCannotBeAskedForAGradientOutside() {
    Tensor before = Tensor.of(1.5, 2);
    Tensor[] inside = new Tensor[4];
    Autograd.inferenceMode(
        () -> {
          inside[0] = Tensor.of(1.5, 2);
          inside[1] = inside[0].mul(2);
          inside[2] = before.view(2, 1);
          inside[3] = Tensor.of(2.5).requiresGrad_();
        });
    assertTrue(inside[0].isInference() && inside[1].isInference() && inside[3].requiresGrad());
    assertFalse(before.isInference() || inside[2].isInference());
    for (Tensor made : List.of(inside[0], inside[1], inside[0].view(2, 1), inside[0].detach())) {
      assertTrue(made.isInference());
      Exception refused = assertThrows(IllegalStateException.class, made::requiresGrad_);
      assertEquals(
          "requiresGrad_: the tensor was made in inference mode; clone() it, and ask the clone",
          refused.getMessage());
      assertFalse(made.requiresGrad_(false).requiresGrad());
      assertTrue(Autograd.inferenceMode(() -> made.requiresGrad_()).requiresGrad());
    }
    assertTrue(inside[0].clone().requiresGrad_().requiresGrad());
    assertTrue(inside[2].requiresGrad_().requiresGrad());
  }

  @Test
  void gradientsComputedInInferenceModeAreNotRecorded() {
    Tensor x = leaf(3);
    Tensor y = x.mul(x);
    try (var _ = Autograd.inferenceMode()) {
      assertFalse(Autograd.grad(y, x, Option.CREATE_GRAPH).requiresGrad());
    }
  }

  @Test
  void recordingIsSetByAValue() {
    Tensor x = leaf(1);
    for (boolean on : new boolean[] {true, false}) {
      try (var _ = Autograd.setGradEnabled(on)) {
        assertEquals(on, x.mul(2).requiresGrad());
      }
    }
    GradMode set = Autograd.setGradEnabled(false);
    assertFalse(Autograd.isGradEnabled());
    set.close();
    assertTrue(Autograd.isGradEnabled());
  }
}
