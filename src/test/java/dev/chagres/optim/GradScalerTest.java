package dev.chagres.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How a scaler lets the scale grow and fall, and which steps it leaves out. */
@OnEveryDevice
class GradScalerTest {
  private static final double INFINITE = Double.POSITIVE_INFINITY;

  private final Tensor a = Tensor.ones(5_000).requiresGrad_();
  private final Tensor b = Tensor.ones(3, 2).requiresGrad_();
  private final SGD optimizer = new SGD(List.of(a, b), SGD.options().lr(1));

  private static GradScaler.Options eight() {
    return GradScaler.options().initScale(8).growthInterval(2);
  }

  private void gradients(double ofA, double ofB) {
    a.setGrad(Tensor.full(a.shape(), ofA));
    b.setGrad(Tensor.full(b.shape(), ofB));
  }

  @Test
  void gradientsAreUnscaledBeforeAStep() {
    GradScaler scaler = new GradScaler(eight());
    scaler.scale(a.sum().add(b.sum().mul(2))).backward();
    assertEquals(8, a.grad().get(7).item());
    assertTrue(scaler.step(optimizer));
    assertEquals(1, a.grad().get(4_999).item());
    assertEquals(0, a.get(0).item());
    assertEquals(-1, b.get(2, 1).item());
  }

  @Test
  void aStepWithAnythingInfiniteIsLeftOut() {
    for (double bad : new double[] {INFINITE, -INFINITE, Double.NaN}) {
      GradScaler scaler = new GradScaler(eight());
      gradients(1, 1);
      b.grad().put("2, 1", bad);
      assertFalse(scaler.step(optimizer));
      scaler.update();
      assertEquals(4, scaler.getScale());
      gradients(1, 1);
      a.grad().put("4999", bad);
      assertFalse(scaler.step(optimizer));
      scaler.update();
      assertEquals(2, scaler.getScale());
    }
    assertEquals(1, a.get(0).item());
    assertEquals(1, b.get(0, 0).item());
  }

  @Test
  void theScaleGrowsAfterStepsInARow() {
    GradScaler scaler = new GradScaler(eight());
    double[] scales = new double[8];
    for (int i = 0; i < scales.length; i++) {
      gradients(i == 3 ? INFINITE : 0, 0);
      assertEquals(i != 3, scaler.step(optimizer));
      scaler.update();
      scales[i] = scaler.getScale();
    }
    // As torch.amp.GradScaler("cpu", init_scale=8, growth_interval=2).
    assertArrayEquals(new double[] {8, 16, 16, 8, 8, 16, 16, 32}, scales);
  }

  @Test
  void theScaleStaysFinite() {
    GradScaler scaler = new GradScaler(GradScaler.options().initScale(0x1p127).growthInterval(1));
    gradients(0, 0);
    scaler.step(optimizer);
    scaler.update();
    assertEquals(0x1p127, scaler.getScale());
  }

  @Test
  void severalOptimizersShareAScale() {
    SGD other = new SGD(List.of(b), SGD.options().lr(1));
    SGD own = new SGD(List.of(a), SGD.options().lr(1));
    GradScaler scaler = new GradScaler(eight());
    gradients(INFINITE, 8);
    assertTrue(scaler.step(other));
    assertFalse(scaler.step(own));
    scaler.update();
    assertEquals(4, scaler.getScale());
    assertEquals(0, b.get(0, 0).item());
    assertEquals(1, a.get(0).item());
  }

  @Test
  void callsHaveAnOrder() {
    GradScaler scaler = new GradScaler(eight());
    assertThrows(IllegalStateException.class, () -> scaler.step(optimizer)); // no gradients
    assertThrows(IllegalStateException.class, scaler::update);
    GradScaler used = new GradScaler(eight());
    gradients(8, 8);
    used.unscale_(optimizer);
    assertThrows(IllegalStateException.class, () -> used.unscale_(optimizer));
    assertEquals(1, a.grad().get(0).item());
    used.step(optimizer);
    assertThrows(IllegalStateException.class, () -> used.step(optimizer));
    assertThrows(IllegalStateException.class, () -> used.unscale_(optimizer));
    used.update();
    used.unscale_(optimizer);
    used.update(32);
    assertEquals(32, used.getScale());
  }

  @Test
  void halvesOfParametersAreRefused() {
    Tensor half = Tensor.ones(DType.FLOAT16, 2).requiresGrad_();
    half.setGrad(Tensor.ones(DType.FLOAT16, 2));
    SGD halves = new SGD(List.of(half));
    assertThrows(IllegalArgumentException.class, () -> new GradScaler(eight()).unscale_(halves));
    Tensor brain = Tensor.ones(DType.BFLOAT16, 2).requiresGrad_();
    brain.setGrad(Tensor.full(brain.shape(), 16, DType.BFLOAT16));
    new GradScaler(eight()).unscale_(new SGD(List.of(brain)));
    assertEquals(2, brain.grad().get(1).item());
  }

  @Test
  void gradientsThatLieOtherwiseAreUnscaled() {
    Tensor c = Tensor.ones(2, 3).requiresGrad_();
    c.setGrad(Tensor.full(b.shape(), 8.0).t());
    Tensor d = Tensor.ones(2).requiresGrad_();
    Tensor wide = Tensor.full(Tensor.ones(4).shape(), 8.0);
    d.setGrad(wide.at("::2"));
    new GradScaler(eight()).unscale_(new SGD(List.of(c, d)));
    assertEquals(6, c.grad().sum().item());
    assertArrayEquals(new float[] {1, 8, 1, 8}, wide.toFloatArray());
  }

  @Test
  void withoutAScaleEverythingIsItself() {
    GradScaler scaler = new GradScaler(eight().disabled());
    Tensor loss = a.sum();
    assertSame(loss, scaler.scale(loss));
    gradients(INFINITE, 1);
    scaler.unscale_(optimizer);
    assertTrue(scaler.step(optimizer));
    scaler.update();
    assertEquals(1, scaler.getScale());
    assertEquals(Map.of(), scaler.stateDict());
    assertFalse(scaler.isEnabled());
    assertEquals(0, b.get(0, 0).item());
  }

  @Test
  void stateIsSavedAndLoaded() {
    GradScaler scaler = new GradScaler(eight());
    gradients(0, 0);
    scaler.step(optimizer);
    scaler.update();
    Map<String, Tensor> saved = scaler.stateDict();
    assertEquals(
        List.of("scale", "growth_factor", "backoff_factor", "growth_interval", "_growth_tracker"),
        List.copyOf(saved.keySet()));
    GradScaler loaded = new GradScaler();
    loaded.loadStateDict(saved);
    assertEquals(8, loaded.getScale());
    assertEquals(2, loaded.getGrowthInterval());
    gradients(0, 0);
    loaded.step(optimizer);
    loaded.update();
    assertEquals(16, loaded.getScale()); // the second step in a row
    assertThrows(IllegalArgumentException.class, () -> loaded.loadStateDict(Map.of()));
    Map<String, Tensor> changed = new LinkedHashMap<>(saved);
    changed.put("best", Tensor.scalar(1));
    refused("loadStateDict: the scaler has no place for \"best\"", loaded, changed);
    changed.remove("best");
    changed.remove("growth_interval");
    refused("loadStateDict: growth_interval is missing", loaded, changed);
    changed.put("growth_interval", null);
    assertEquals(
        "loadStateDict: tensor \"growth_interval\" is null",
        assertThrows(NullPointerException.class, () -> loaded.loadStateDict(changed)).getMessage());
    assertEquals(16, loaded.getScale());
  }

  private static void refused(String message, GradScaler scaler, Map<String, Tensor> saved) {
    var e = assertThrows(IllegalArgumentException.class, () -> scaler.loadStateDict(saved));
    assertEquals(message, e.getMessage());
  }

  @Test
  void aFlagOutlivesTheScopeOfItsStep() {
    GradScaler scaler = new GradScaler(eight());
    for (int i = 0; i < 3; i++) {
      try (var _ = Scope.open()) {
        gradients(INFINITE, 1);
        scaler.unscale_(optimizer);
      }
      assertFalse(scaler.step(optimizer));
      scaler.update();
    }
    assertEquals(1, scaler.getScale());
  }

  @Test
  void optionsAreChecked() {
    GradScaler.Options options = GradScaler.options();
    assertThrows(IllegalArgumentException.class, () -> options.initScale(0));
    assertThrows(IllegalArgumentException.class, () -> options.growthFactor(1));
    assertThrows(IllegalArgumentException.class, () -> options.backoffFactor(1));
    assertThrows(IllegalArgumentException.class, () -> options.growthInterval(0));
    assertThrows(IllegalArgumentException.class, () -> new GradScaler().update(Double.NaN));
  }
}
