package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.autograd.Backward;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import dev.chagres.memory.Scope;
import dev.chagres.nn.Linear;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** Regions of autocast: for how long one holds, and what parameters and gradients make of it. */
@OnEveryDevice
class AutocastTest {
  private static Device here() {
    return DefaultDevice.get();
  }

  // ---- regions

  @SuppressWarnings("try") // ended before its block
  @Test
  void regionsNestAndEnd() {
    Tensor x = Tensor.ones(2, 2);
    assertFalse(Autocast.isEnabled(here()));
    try (var outer = Autocast.on(here(), DType.BFLOAT16)) {
      assertTrue(Autocast.isEnabled(here()));
      assertEquals(DType.BFLOAT16, x.mm(x).dtype());
      try (var _ = Autocast.off(here())) {
        assertEquals(DType.FLOAT32, x.mm(x).dtype());
        assertFalse(Autocast.isEnabled(here()));
        try (var _ = Autocast.on(here(), DType.FLOAT16)) {
          assertEquals(DType.FLOAT16, x.mm(x).dtype());
        }
      }
      assertEquals(DType.BFLOAT16, x.mm(x).dtype());
      assertEquals(DType.BFLOAT16, Autocast.dtype(here()));
      Autocast.on(here(), DType.FLOAT16); // ended by the outer one
      outer.close();
      assertEquals(DType.FLOAT32, x.mm(x).dtype());
    }
    assertEquals(DType.FLOAT16, Autocast.run(here(), DType.FLOAT16, () -> x.mm(x)).dtype());
    assertEquals(DType.FLOAT32, x.mm(x).dtype());
  }

  @Test
  void aRegionIsAboutOneSortOfDevice() {
    Device other = here().isCpu() ? Device.cuda(0) : Device.cpu();
    Tensor x = Tensor.ones(2, 2);
    try (var _ = Autocast.on(other, DType.FLOAT16)) {
      assertEquals(DType.FLOAT32, x.mm(x).dtype());
      assertTrue(Autocast.isEnabled(other));
      assertFalse(Autocast.isEnabled(here()));
    }
  }

  @Test
  void usualDtypesAreThoseOfPyTorch() {
    try (var _ = Autocast.on(Device.cpu());
        var _ = Autocast.on(Device.cuda(1))) {
      assertEquals(DType.BFLOAT16, Autocast.dtype(Device.cpu()));
      assertEquals(DType.FLOAT16, Autocast.dtype(Device.cuda(0)));
    }
  }

  @SuppressWarnings("try") // tried on another thread
  @Test
  void aRegionIsOneThreads() throws Exception {
    Tensor x = Tensor.ones(2, 2);
    try (var region = Autocast.on(here());
        var threads = Executors.newSingleThreadExecutor()) {
      Callable<DType> elsewhere = () -> x.mm(x).dtype();
      assertEquals(DType.FLOAT32, threads.submit(elsewhere).get());
      assertThrows(
          Exception.class,
          () ->
              threads
                  .submit(
                      () -> {
                        region.close();
                        return null;
                      })
                  .get());
      assertTrue(Autocast.isEnabled(here()));
    }
  }

  @Test
  void otherDtypesAreRefused() {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64, DType.INT64)) {
      assertThrows(IllegalArgumentException.class, () -> Autocast.on(here(), dtype));
    }
    assertThrows(IllegalArgumentException.class, () -> Autocast.on(Device.traced()));
    assertFalse(Autocast.isEnabled(here()));
  }

  @Test
  void formsInPlaceAndWithOutAreLeftAlone() {
    Tensor x = Tensor.rand(2, 2);
    Tensor out = Tensor.empty(2, 2);
    try (var _ = Autocast.on(here(), DType.BFLOAT16)) {
      assertEquals(DType.FLOAT32, x.addmm_(x.clone(), x.clone()).dtype());
      assertEquals(DType.FLOAT32, Out.matmul(x, x, out).dtype());
      Tensor low = Tensor.rand(2, 2).to(DType.BFLOAT16).requiresGrad_();
      Tensor y = low.mul(1);
      assertEquals(DType.BFLOAT16, y.exp_().dtype());
      y.sum().backward();
      assertNotNull(low.grad());
    }
  }

  // ---- parameters

  @Test
  void aParameterIsCastOnceAndGetsItsGradient() {
    Linear layer = new Linear(3, 2);
    Tensor x = Tensor.rand(4, 3);
    Tensor twice;
    try (var _ = Autocast.on(here(), DType.BFLOAT16)) {
      Tensor first = layer.call(x);
      twice = first.add(layer.call(x));
      twice.sum().backward();
      layer.call(x).sum().backward(); // the same cast again, after a backward pass
    }
    Tensor gradient = layer.weight().grad();
    assertNotNull(gradient);
    assertEquals(DType.FLOAT32, gradient.dtype());
    Tensor sums = x.to(DType.BFLOAT16).to(DType.FLOAT32).sum(0).mul(3);
    assertTrue(gradient.get(0).isclose(sums, 0.02, 0.02).all().isTrue(), gradient + " and " + sums);
  }

  private static List<Tensor> casts(Linear layer, Autocast.WeightCache cache) {
    List<Tensor> casts = new ArrayList<>();
    try (var _ = Autocast.on(here(), DType.BFLOAT16, cache)) {
      for (int i = 0; i < 2; i++) {
        casts.add(Autocast.cast(AutocastFunction.LINEAR, layer.weight()));
      }
      try (var _ = Autocast.off(here());
          var _ = Autocast.on(here(), DType.BFLOAT16)) {
        casts.add(Autocast.cast(AutocastFunction.LINEAR, layer.weight()));
      }
      casts.add(Autocast.cast(AutocastFunction.LINEAR, layer.weight()));
    }
    return casts;
  }

  @Test
  void castsOfParametersAreKeptUntilTheOutermostRegionEnds() {
    Linear layer = new Linear(3, 2);
    List<Tensor> kept = casts(layer, Autocast.WeightCache.ENABLED);
    assertEquals(1, Set.copyOf(kept).size());
    assertFalse(kept.contains(casts(layer, Autocast.WeightCache.ENABLED).getFirst()));
    List<Tensor> made = casts(layer, Autocast.WeightCache.DISABLED);
    assertFalse(made.get(0) == made.get(1));
    assertFalse(made.get(1) == made.get(3));
  }

  @Test
  void aKeptCastIsMadeAgainWhereItWouldBeWrong() {
    Tensor w = Tensor.ones(2, 2).requiresGrad_();
    Tensor x = Tensor.ones(2, 2);
    try (var _ = Autocast.on(here(), DType.BFLOAT16)) {
      try (var _ = Autograd.noGrad()) {
        assertFalse(x.mm(w).requiresGrad());
      }
      assertTrue(x.mm(w).requiresGrad());
      try (var _ = Autograd.noGrad()) {
        w.mul_(2);
        assertEquals(4, x.mm(w).get(0, 0).item());
      }
      w.setData(Tensor.full(Shape.of(2, 2), 3.0));
      assertEquals(6, x.mm(w).get(0, 0).item());
      try (var _ = Scope.open();
          var _ = Autograd.noGrad()) {
        w.zero_();
        assertEquals(0, x.mm(w).get(0, 0).item());
      }
      try (var _ = Autograd.noGrad()) {
        assertEquals(0, x.mm(w).get(0, 0).item()); // the cast was freed with its scope
      }
    }
  }

  // ---- gradients

  @Test
  void backwardPassesComputeInTheDtypesOfForward() {
    Tensor w = Tensor.rand(3, 3).requiresGrad_();
    Tensor x = Tensor.rand(3, 3);
    Tensor y = x.mm(w); // in float32
    Tensor outside = Autograd.grad(y.sum(), List.of(w), Backward.Option.RETAIN_GRAPH).getFirst();
    try (var _ = Autocast.on(here(), DType.BFLOAT16)) {
      y.sum().backward();
    }
    Tensor inside = w.grad();
    assertNotNull(inside);
    assertArrayEquals(outside.toFloatArray(), inside.toFloatArray());
  }

  @Test
  void aCheckpointComputesInTheDtypesOfTheFirstTime() {
    Tensor w = Tensor.rand(3, 3).requiresGrad_();
    Tensor x = Tensor.rand(3, 3);
    List<DType> seen = new ArrayList<>();
    Tensor y;
    try (var _ = Autocast.on(here(), DType.BFLOAT16)) {
      y =
          Autograd.checkpoint(
              input -> {
                Tensor product = input.mm(w);
                seen.add(product.dtype());
                return product.tanh();
              },
              x);
    }
    y.sum().backward();
    assertEquals(List.of(DType.BFLOAT16, DType.BFLOAT16), seen);
    assertEquals(DType.FLOAT32, w.grad().dtype());
    seen.clear();
    try (var _ = Autocast.on(here(), DType.BFLOAT16);
        var _ = Autocast.off(here())) {
      y =
          Autograd.checkpoint(
              input -> {
                Tensor product = input.mm(w);
                seen.add(product.dtype());
                return product;
              },
              x);
    }
    try (var _ = Autocast.on(here(), DType.BFLOAT16)) {
      y.sum().backward();
    }
    assertEquals(List.of(DType.FLOAT32, DType.FLOAT32), seen);
  }
}
