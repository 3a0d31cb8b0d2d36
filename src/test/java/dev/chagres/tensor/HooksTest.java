package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What PyTorch 2.13 answers where gradients are watched, replaced or kept. */
@OnEveryDevice
class HooksTest {
  private static void values(@Nullable Tensor tensor, double... expected) {
    assertNotNull(tensor);
    assertArrayEquals(expected, tensor.toDoubleArray());
  }

  @Test
  void aHookMayNotChangeTheShapeOrTheDtype() {
    List<Tensor> wrong =
        List.of(
            Tensor.ones(3), Tensor.ones(2, 1), Tensor.scalar(5.0), Tensor.ones(DType.FLOAT64, 2));
    for (Tensor replacement : wrong) {
      for (boolean onLeaf : new boolean[] {true, false}) {
        Tensor x = Tensor.zeros(2).requiresGrad_();
        Tensor y = x.mul(2);
        (onLeaf ? x : y).registerHook(_ -> replacement);
        Tensor sum = y.sum();
        Exception e = assertThrows(IllegalStateException.class, sum::backward);
        assertTrue(e.getMessage().startsWith("registerHook: "), e.getMessage());
        assertTrue(e.getMessage().contains(replacement.shape().toString()), e.getMessage());
        assertNull(x.grad());
      }
    }
  }

  @Test
  void aKeptGradientIsThatOfTheElementsAfterAWriteInPlace() {
    Tensor x = Tensor.ones(2).requiresGrad_();
    Tensor y = x.mul(2).retainGrad();
    List<Tensor> seen = new ArrayList<>();
    y.registerHook(
        g -> {
          seen.add(g);
          return null;
        });
    y.mul_(5);
    y.retainGrad();
    y.sum().backward();
    values(y.grad(), 1, 1);
    values(x.grad(), 10, 10);
    values(seen.getFirst(), 5, 5);
  }

  @Test
  void aWriteThroughAViewKeepsTheGradientOfTheWhole() {
    Tensor x = Tensor.ones(2, 2).requiresGrad_();
    Tensor y = x.mul(2).retainGrad();
    y.select(0, 0).mul_(5);
    y.sum().backward();
    values(y.grad(), 1, 1, 1, 1);
    values(x.grad(), 10, 10, 2, 2);
  }

  @Test
  void aViewKeepsItsGradientAfterAWriteToItOrToItsBase() {
    Tensor x = Tensor.ones(2, 2).requiresGrad_();
    Tensor y = x.mul(2);
    Tensor v = y.select(0, 0).retainGrad();
    v.mul_(5);
    v.mul(3).sum().backward();
    values(v.grad(), 3, 3);

    y = x.mul(2);
    v = y.select(0, 0).retainGrad();
    y.mul_(5);
    y.sum().backward();
    assertNull(v.grad());

    y = x.mul(2);
    v = y.select(0, 0).retainGrad();
    y.mul_(5);
    v.mul(7).sum().backward();
    values(v.grad(), 7, 7);
  }

  @Test
  void threadsThatMeetAtAParameterShareItsLeaf() throws Exception {
    int threads = 4;
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      for (int round = 0; round < 500; round++) {
        Tensor x = Tensor.ones(2).requiresGrad_();
        CyclicBarrier start = new CyclicBarrier(threads);
        List<Future<Object>> leaves = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
          leaves.add(
              pool.submit(
                  () -> {
                    start.await();
                    return Objects.requireNonNull(x.mul(2).gradFn()).next().getFirst();
                  }));
        }
        Object first = leaves.getFirst().get();
        for (Future<Object> leaf : leaves) {
          assertSame(first, leaf.get());
        }
      }
    }
  }

  private static Tensor turned(Tensor x) {
    Tensor view = x;
    for (int i = 0; i < 50_000; i++) {
      view = view.transpose(0, 1);
    }
    return view;
  }

  @Test
  void writesReachThroughALongChainOfViews() {
    Tensor x = Tensor.ones(2, 2).requiresGrad_();
    Tensor y = x.mul(1);
    Tensor end = turned(y);
    y.mul_(2);
    end.sum().backward();
    values(x.grad(), 2, 2, 2, 2);

    Tensor z = x.mul(1);
    turned(z).select(0, 1).mul_(3);
    z.mul(Tensor.of(new double[][] {{1, 10}, {100, 1000}})).sum().backward();
    values(x.grad(), 3, 12, 302, 3002);
  }

  @Test
  void aHookComesAfterTheGradientWasAdded() {
    Tensor x = Tensor.ones(2).requiresGrad_();
    Tensor y = Tensor.ones(2).requiresGrad_();
    List<String> seen = new ArrayList<>();
    x.registerHook(
        g -> {
          seen.add("gradient");
          return g.mul(2);
        });
    var hook =
        x.registerPostAccumulateGradHook(
            leaf -> {
              assertSame(x, leaf);
              seen.add("added " + leaf.grad().sum().item());
              leaf.sub_(leaf.grad());
              leaf.setGrad(null);
            });
    x.mul(y).sum().backward();
    assertEquals(List.of("gradient", "added 4.0"), seen);
    values(x, -1, -1);
    values(y.grad(), 1, 1);
    assertNull(x.grad());
    // The gradient is returned and not added.
    values(Autograd.grad(x.mul(y).sum(), x), 2, 2);
    assertEquals(List.of("gradient", "added 4.0", "gradient"), seen);
    hook.remove();
    hook.remove();
    x.mul(y).sum().backward();
    assertEquals(4, seen.size());
    values(x.grad(), 2, 2);
  }

  @Test
  void onlyOfALeafAGradientIsAdded() {
    Tensor x = Tensor.ones(2);
    Exception e =
        assertThrows(
            IllegalStateException.class, () -> x.registerPostAccumulateGradHook(Tensor::detach));
    assertTrue(e.getMessage().endsWith("does not require gradients"), e.getMessage());
    Tensor y = x.requiresGrad_().mul(2);
    e =
        assertThrows(
            IllegalStateException.class, () -> y.registerPostAccumulateGradHook(Tensor::detach));
    assertTrue(e.getMessage().endsWith("is no leaf"), e.getMessage());
  }
}
