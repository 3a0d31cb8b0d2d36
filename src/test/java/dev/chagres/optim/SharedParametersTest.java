package dev.chagres.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Several threads with one parameter: what each adds counts, and none uses what another freed. */
@OnEveryDevice
class SharedParametersTest {

  private static void together(Callable<?> first, Callable<?> second) throws Exception {
    try (var threads = Executors.newFixedThreadPool(2)) {
      List<Future<?>> running = new ArrayList<>();
      running.add(threads.submit(first));
      running.add(threads.submit(second));
      for (Future<?> each : running) {
        each.get();
      }
    }
  }

  @Test
  void noGradientIsLost() throws Exception {
    Tensor w = Tensor.zeros(1).requiresGrad_();
    int times = 20_000;
    Callable<?> adding =
        () -> {
          for (int i = 0; i < times; i++) {
            w.sum().backward();
          }
          return null;
        };
    together(adding, adding);
    assertEquals(2 * times, w.grad().item());
  }

  @Test
  void optimizersOfTwoThreadsMayForgetEachOthersGradients() throws Exception {
    Tensor w = Tensor.ones(5_000).requiresGrad_();
    Callable<?> training =
        () -> {
          Optimizer optimizer = new SGD(List.of(w), SGD.options().lr(1e-6).momentum(0.5));
          for (int i = 0; i < 3_000; i++) {
            w.sum().backward();
            optimizer.step();
            optimizer.zeroGrad();
          }
          return null;
        };
    together(training, training);
    assertNull(w.grad());
    assertTrue(w.isfinite().all().isTrue());
  }

  @Test
  void aGradientThatIsReadIsNotFreedByAnotherThread() throws Exception {
    Tensor w = Tensor.ones(100).requiresGrad_();
    int times = 5_000;
    together(
        () -> {
          for (int i = 0; i < times; i++) {
            w.sum().backward();
            w.setGrad(null);
          }
          return null;
        },
        () -> {
          for (int i = 0; i < times; i++) {
            Tensor gradient = w.grad();
            if (gradient != null) {
              assertTrue(gradient.get(0).item() >= 1);
            }
          }
          return null;
        });
  }
}
