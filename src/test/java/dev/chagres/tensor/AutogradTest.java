package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.autograd.Backward.Option;
import dev.chagres.autograd.Node;
import dev.chagres.core.DType;
import dev.chagres.memory.Scope;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The rules of gradients: those of PyTorch 2.13, whose answers to the same programs these are. */
@OnEveryDevice
class AutogradTest {
  private static Tensor leaf(double... values) {
    return Tensor.of(values, DType.FLOAT64).requiresGrad_();
  }

  private static void values(@Nullable Tensor tensor, double... expected) {
    assertTrue(tensor != null, "there is no tensor");
    assertArrayEquals(expected, tensor.toDoubleArray(), 1e-12);
  }

  private static void fails(Class<? extends Exception> type, String part, Runnable code) {
    Exception e = assertThrows(type, code::run);
    assertTrue(String.valueOf(e.getMessage()).contains(part), () -> part + " is not in: " + e);
  }

  // ---- backward

  @Test
  void aScalarHasAnImplicitGradientAndOthersHaveNot() {
    Tensor x = leaf(1, 2);
    fails(IllegalStateException.class, "scalar", () -> x.mul(x).backward());
    x.mul(x).sum().backward();
    values(x.grad(), 2, 4);
    Tensor one = leaf(3);
    one.mul(one).backward();
    values(one.grad(), 6);
  }

  @Test
  void aGradientIsGivenForOtherShapes() {
    Tensor x = leaf(1, 2);
    x.mul(x).backward(Tensor.of(1.0, 10.0));
    values(x.grad(), 2, 40);
    assertEquals(DType.FLOAT64, x.grad().dtype());
    fails(
        IllegalArgumentException.class,
        "shape (3,)",
        () -> x.mul(x).backward(Tensor.of(1.0, 10.0, 3.0)));
  }

  @Test
  void aGradientThatWasGivenIsNotTouched() {
    Tensor x = leaf(1, 2);
    Tensor g = Tensor.of(new double[] {1, 1}, DType.FLOAT64);
    x.mul(1).backward(g);
    x.backward(g);
    assertNotSame(g, x.grad());
    x.grad().mul_(100);
    values(g, 1, 1);
  }

  @Test
  void gradientsAddUpInTheSameTensor() {
    Tensor x = leaf(1, 2);
    x.sum().backward();
    Tensor g = x.grad();
    x.sum().backward();
    assertSame(g, x.grad());
    values(g, 2, 2);
    x.setGrad(null);
    x.sum().backward();
    values(x.grad(), 1, 1);
    values(g, 2, 2);
  }

  @Test
  void theGradientOfOneLeafDoesNotShareMemoryWithAnothers() {
    Tensor x = leaf(1, 2);
    Tensor y = leaf(3, 4);
    x.add(y).sum().backward();
    x.grad().mul_(5);
    values(y.grad(), 1, 1);
    Tensor z = leaf(1, 2);
    z.view(2, 1).t().add(z).sum().backward();
    values(z.grad(), 2, 2);
    assertTrue(z.grad().isContiguous());
  }

  @Test
  void aSecondPassNeedsARetainedGraph() {
    Tensor x = leaf(1, 2);
    Tensor y = x.mul(x).sum();
    y.backward();
    fails(IllegalStateException.class, "second time", y::backward);
    values(x.grad(), 2, 4);
    Tensor z = x.mul(x).sum();
    z.backward(Option.RETAIN_GRAPH);
    z.backward();
    values(x.grad(), 6, 12);
    Tensor sum = x.add(x).sum();
    sum.backward();
    sum.backward();
    values(x.grad(), 10, 16);
  }

  @Test
  void withoutALeafThereIsNoGradient() {
    Tensor x = Tensor.of(1.0, 2.0);
    fails(IllegalStateException.class, "does not require", () -> x.mul(x).sum().backward());
  }

  @Test
  void aLeafMayBeDropped() {
    Tensor y = computed();
    System.gc();
    y.sum().backward();
  }

  private static Tensor computed() {
    Tensor x = leaf(1, 2);
    return x.mul(x);
  }

  @Test
  void deepGraphsNeedNoStack() {
    Tensor x = leaf(1);
    Tensor y = x;
    for (int i = 0; i < 50_000; i++) {
      y = i % 2 == 0 ? y.add(0.001) : y.mul(0.9999);
    }
    y.backward();
    assertEquals(Math.pow(0.9999, 25_000), x.grad().item(), 1e-12);
  }

  @Test
  void unselectedBranchesStillMultiplyByZero() {
    Tensor x = leaf(0);
    Tensor.where(x.eq(0), x.zerosLike(), x.reciprocal()).backward();
    assertTrue(Double.isNaN(x.grad().item()), "as in PyTorch: 0 times infinity");
  }

  // ---- what requires gradients

  @Test
  void whatRequiresGradients() {
    Tensor x = leaf(1, 2);
    Tensor c = Tensor.of(1.0, 2.0);
    assertTrue(x.isLeaf() && x.requiresGrad());
    assertTrue(c.isLeaf() && !c.requiresGrad());
    Tensor y = x.mul(c);
    assertTrue(!y.isLeaf() && y.requiresGrad());
    assertEquals("MulBackward", y.gradFn().name());
    assertNull(x.gradFn());
    assertFalse(c.mul(c).requiresGrad());
    assertFalse(x.gt(0).requiresGrad());
    assertFalse(x.argmax().requiresGrad());
    assertFalse(x.to(DType.INT64).requiresGrad());
    assertSame(y, y.requiresGrad_());
    fails(IllegalStateException.class, "leaf", () -> y.requiresGrad_(false));
    fails(IllegalStateException.class, "floating", () -> Tensor.of(1L, 2L).requiresGrad_());
    fails(IllegalStateException.class, "floating", () -> x.gt(0).requiresGrad_());
    assertFalse(x.requiresGrad_(false).requiresGrad());
  }

  @Test
  void detachingSharesMemoryAndCutsTheGraph() {
    Tensor x = leaf(1, 2);
    Tensor y = x.detach();
    assertTrue(y.isLeaf() && !y.requiresGrad());
    assertSame(x.storage(), y.storage());
    y.put("0", 9);
    values(x, 9, 2);
    Tensor z = x.mul(2);
    assertSame(z, z.detach_());
    assertTrue(z.isLeaf() && !z.requiresGrad() && z.gradFn() == null);
    Tensor view = x.mul(2).select(0, 0);
    fails(IllegalStateException.class, "view", view::detach_);
  }

  @Test
  void gradientsHaveTheDtypeOfTheirLeaf() {
    Tensor x = Tensor.ones(2).requiresGrad_();
    Tensor w = Tensor.ones(DType.FLOAT64, 2).requiresGrad_();
    x.mul(w).sum().backward();
    assertEquals(DType.FLOAT32, x.grad().dtype());
    assertEquals(DType.FLOAT64, w.grad().dtype());
    Tensor h = Tensor.ones(DType.BFLOAT16, 2).requiresGrad_();
    h.to(DType.FLOAT32).mul(3).sum().backward();
    assertEquals(DType.BFLOAT16, h.grad().dtype());
    values(h.grad(), 3, 3);
  }

  @Test
  void aGradientMustFitItsTensor() {
    Tensor x = leaf(1, 2);
    fails(IllegalArgumentException.class, "setGrad", () -> x.setGrad(Tensor.of(1.0, 2.0)));
    fails(
        IllegalArgumentException.class, "setGrad", () -> x.setGrad(Tensor.zeros(DType.FLOAT64, 3)));
    x.setGrad(Tensor.ones(DType.FLOAT64, 2));
    x.sum().backward();
    values(x.grad(), 2, 2);
  }

  @Test
  void dataIsReplaced() {
    Tensor x = leaf(1, 2);
    x.setData(Tensor.of(new double[] {5, 6, 7}, DType.FLOAT64));
    assertTrue(x.isLeaf() && x.requiresGrad());
    x.mul(x).sum().backward();
    values(x.grad(), 10, 12, 14);
  }

  // ---- recording

  @Test
  void recordingIsSwitchedOffAndOn() {
    Tensor x = leaf(1, 2);
    try (var _ = Autograd.noGrad()) {
      Tensor y = x.mul(2);
      assertTrue(y.isLeaf() && !y.requiresGrad());
      try (var _ = Autograd.enableGrad()) {
        assertTrue(x.mul(3).requiresGrad());
      }
      assertFalse(Autograd.isGradEnabled());
      assertTrue(Tensor.zeros(2).requiresGrad_().requiresGrad(), "leaves may still ask");
    }
    assertTrue(x.mul(2).requiresGrad());
    assertFalse(Autograd.noGrad(() -> x.mul(2)).requiresGrad());
    assertThrows(
        ArithmeticException.class,
        () ->
            Autograd.noGrad(
                () -> {
                  throw new ArithmeticException();
                }));
    assertTrue(Autograd.isGradEnabled());
  }

  // ---- gradients as functions

  @Test
  void gradReturnsAndLeavesGradAlone() {
    Tensor x = leaf(3, 4);
    Tensor g = Autograd.grad(x.mul(x).sum(), x);
    values(g, 6, 8);
    assertNull(x.grad());
    assertFalse(g.requiresGrad());
  }

  @Test
  void gradOfWhatIsInBetween() {
    Tensor x = leaf(1, 2);
    Tensor y = x.mul(3);
    Tensor z = y.mul(y).sum();
    List<Tensor> found = Autograd.grad(z, List.of(y, z, x));
    values(found.get(0), 6, 12);
    values(found.get(1), 1);
    values(found.get(2), 18, 36);
  }

  @Test
  void gradOfSeveralOutputs() {
    Tensor x = leaf(1, 2);
    Tensor y = x.mul(x).sum();
    Tensor z = x.mul(3);
    Tensor v = Tensor.of(new double[] {1, 100}, DType.FLOAT64);
    List<Tensor> found =
        Autograd.grad(List.of(y, z), List.of(x), List.of(y.detach().onesLike(), v));
    values(found.getFirst(), 5, 304);
    fails(
        IllegalArgumentException.class,
        "gradOutputs",
        () -> Autograd.grad(List.of(y), List.of(x), List.of()));
  }

  @Test
  void unusedInputsAreAnErrorOrNull() {
    Tensor x = leaf(1, 2);
    Tensor other = leaf(3);
    fails(
        IllegalStateException.class,
        "input 0",
        () -> Autograd.grad(x.mul(x).sum(), List.of(other)));
    List<@Nullable Tensor> found =
        Autograd.gradOrNull(List.of(x.mul(x).sum()), List.of(x, other), null);
    values(found.get(0), 2, 4);
    assertNull(found.get(1));
    fails(
        IllegalStateException.class,
        "does not require",
        () -> Autograd.grad(x.sum(), Tensor.ones(2)));
    fails(IllegalStateException.class, "scalar", () -> Autograd.grad(x.mul(x), x));
  }

  @Test
  void derivativesOfHigherOrder() {
    Tensor x = leaf(2);
    Tensor y = x.pow(3);
    Tensor first = Autograd.grad(y, x, Option.CREATE_GRAPH);
    Tensor second = Autograd.grad(first, x, Option.CREATE_GRAPH);
    Tensor third = Autograd.grad(second, x);
    values(first, 12);
    values(second, 12);
    values(third, 6);
    assertTrue(second.requiresGrad() && !third.requiresGrad());
  }

  @Test
  void theGradientItselfMayBeDifferentiated() {
    Tensor x = leaf(2);
    x.pow(3).backward(Option.CREATE_GRAPH);
    assertTrue(x.grad().requiresGrad());
    x.grad().backward();
    values(x.grad(), 24);
  }

  @Test
  void aPenaltyOnTheGradient() {
    // d/dx (sum x^2 + sum (2x)^2) = 2x + 8x
    Tensor x = leaf(1, -2);
    Tensor y = x.mul(x).sum();
    Tensor g = Autograd.grad(y, x, Option.CREATE_GRAPH);
    y.add(g.mul(g).sum()).backward();
    values(x.grad(), 10, -20);
  }

  @Test
  void resultsOfGradOutliveTheScopeOnlyIfKept() {
    Tensor x = leaf(1, 2);
    Tensor kept;
    Tensor lost;
    try (var scope = Scope.open()) {
      kept = scope.keep(Autograd.grad(x.mul(x).sum(), x));
      lost = Autograd.grad(x.mul(x).sum(), x);
      x.mul(x).sum().backward();
    }
    values(kept, 2, 4);
    values(x.grad(), 2, 4);
    assertThrows(IllegalStateException.class, lost::toDoubleArray);
  }

  // ---- hooks

  @Test
  void hooksSeeAndReplaceGradients() {
    Tensor x = leaf(1, 2);
    Tensor y = x.mul(2);
    List<double[]> seen = new ArrayList<>();
    y.registerHook(
        g -> {
          seen.add(g.toDoubleArray());
          return g.mul(10);
        });
    y.mul(Tensor.of(1.0, -3.0)).sum().backward();
    assertArrayEquals(new double[] {1, -3}, seen.getFirst());
    values(x.grad(), 20, -60);
  }

  @Test
  void hooksOnLeavesRunBeforeAccumulation() {
    Tensor x = leaf(1, 2);
    x.registerHook(g -> null).remove();
    Node.Hook<Tensor> hook = x.registerHook(g -> g.mul(2));
    x.mul(3).sum().backward();
    x.mul(3).sum().backward();
    values(x.grad(), 12, 12);
    hook.remove();
    x.mul(3).sum().backward();
    values(x.grad(), 15, 15);
    fails(
        IllegalStateException.class, "does not require", () -> Tensor.ones(2).registerHook(g -> g));
  }

  @Test
  void whatAHookHasSeenStays() {
    Tensor x = leaf(1, 2);
    List<Tensor> kept = new ArrayList<>();
    Tensor y = x.mul(3);
    y.registerHook(
        g -> {
          kept.add(g);
          kept.add(g.mul(2));
          return null;
        });
    y.mul(y).sum().backward();
    values(kept.get(0), 6, 12);
    values(kept.get(1), 12, 24);
    values(x.grad(), 18, 36);
  }

  @Test
  void aHookMustNotChangeTheShape() {
    Tensor x = leaf(1, 2);
    x.registerHook(Tensor::sum);
    assertThrows(RuntimeException.class, () -> x.mul(3).sum().backward());
    Tensor y = leaf(1, 2);
    Tensor z = y.mul(3);
    z.registerHook(g -> g.narrow(0, 0, 1));
    assertThrows(RuntimeException.class, () -> z.mul(z).sum().backward());
  }

  @Test
  void gradientsInBetweenAreRetained() {
    Tensor x = leaf(1, 2);
    Tensor y = x.mul(2);
    assertSame(y, y.retainGrad());
    assertNull(y.grad());
    y.mul(3).sum().backward();
    values(y.grad(), 3, 3);
    values(x.grad(), 6, 6);
    assertSame(x, x.retainGrad());
    fails(IllegalStateException.class, "does not require", () -> Tensor.ones(2).retainGrad());
  }

  @Test
  void gradientsInBetweenAddUp() {
    Tensor x = leaf(1, 2);
    Tensor y = x.mul(2).retainGrad();
    Tensor same = y.view(2).retainGrad();
    Tensor z = same.mul(same).sum();
    z.backward(Option.RETAIN_GRAPH);
    values(y.grad(), 4, 8);
    z.backward(Option.RETAIN_GRAPH);
    values(y.grad(), 8, 16);
    values(same.grad(), 8, 16);
    assertFalse(Objects.requireNonNull(y.grad()).requiresGrad());
    y.setGrad(null);
    z.backward(Option.CREATE_GRAPH);
    values(Autograd.grad(Objects.requireNonNull(y.grad()).sum(), x), 4, 4);
  }

  @Test
  void severalOutputsAreOnePass() {
    Tensor x = leaf(1, 2);
    Tensor product = x.mul(3);
    List<Integer> passes = new ArrayList<>();
    x.registerHook(
        g -> {
          passes.add(1);
          return null;
        });
    Autograd.backward(List.of(product.sum(), x.square().sum()));
    values(x.grad(), 5, 7);
    assertEquals(1, passes.size());
    Tensor y = x.mul(2);
    Autograd.backward(
        List.of(y, x.sum(), x.sum()),
        List.of(Tensor.of(1.0, 10), Tensor.scalar(2.0), Tensor.scalar(1.0)));
    values(x.grad(), 10, 30);
    fails(
        IllegalArgumentException.class,
        "backward: 1 gradOutputs for 2 outputs",
        () -> Autograd.backward(List.of(y, y), List.of(y)));
    fails(
        IllegalStateException.class,
        "backward: only a scalar can do without a gradient of its own",
        () -> Autograd.backward(List.of(x.mul(2))));
    fails(
        IllegalStateException.class,
        "backward: the tensor does not require gradients",
        () -> Autograd.backward(List.of(Tensor.ones(1))));
  }

  @Test
  void gradientsGoToTheInputsThatAreNamed() {
    Tensor x = leaf(1, 2);
    Tensor w = leaf(3);
    Tensor y = x.mul(w);
    Tensor z = y.mul(y).sum();
    Autograd.backward(List.of(z), null, List.of(w), Option.RETAIN_GRAPH);
    values(w.grad(), 30);
    assertNull(x.grad());
    assertNull(y.grad());
    Autograd.backward(List.of(z), null, List.of(y), Option.RETAIN_GRAPH);
    values(y.grad(), 6, 12);
    assertTrue(y.retainsGrad());
    assertNull(x.grad());
    values(w.grad(), 30);
    Autograd.backward(List.of(z), null, List.of(y, x), Option.RETAIN_GRAPH);
    values(y.grad(), 12, 24);
    values(x.grad(), 18, 36);
    Tensor other = leaf(1);
    Autograd.backward(List.of(z), List.of(Tensor.scalar(2.0)), List.of(other));
    assertNull(other.grad());
    values(x.grad(), 18, 36);
    Tensor kept = leaf(1, 2).mul(3);
    assertThrows(
        RuntimeException.class, () -> Autograd.backward(List.of(kept.mul(2)), null, List.of(kept)));
    assertFalse(kept.retainsGrad(), "what is refused leaves nothing behind");
    fails(
        IllegalArgumentException.class,
        "backward: there is no input",
        () -> Autograd.backward(List.of(z), null, List.of()));
    fails(
        IllegalStateException.class,
        "backward: input 1 does not require gradients",
        () -> Autograd.backward(List.of(z), null, List.of(x, Tensor.ones(1))));
  }

  @Test
  void whatIsRetainedIsWhatTheHooksLeave() {
    Tensor x = leaf(1, 2);
    Tensor y = x.mul(2);
    y.retainGrad();
    y.registerHook(g -> g.mul(5));
    y.sum().backward();
    values(y.grad(), 5, 5);
    Tensor z = x.mul(2);
    z.registerHook(g -> g.mul(5));
    z.retainGrad();
    z.sum().backward();
    values(z.grad(), 5, 5);
  }

  @Test
  void aHookThatFailsEndsThePass() {
    Tensor x = leaf(1, 2);
    x.registerHook(
        g -> {
          throw new UnsupportedOperationException("as meant");
        });
    assertThrows(UnsupportedOperationException.class, () -> x.mul(2).sum().backward());
    assertNull(x.grad());
    assertTrue(Autograd.isGradEnabled());
    Tensor y = leaf(1);
    y.mul(2).backward();
    values(y.grad(), 2);
  }

  // ---- threads

  @Test
  void independentGraphsOnManyThreads() throws Exception {
    List<Callable<double[]>> runs = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      double start = i;
      runs.add(
          () -> {
            Tensor w = leaf(start, 1);
            for (int step = 0; step < 200; step++) {
              try (var _ = Scope.open()) {
                w.setGrad(null);
                w.sub(3).square().sum().backward();
                try (var _ = Autograd.noGrad()) {
                  w.sub_(w.grad().mul(0.1));
                }
              }
            }
            return w.toDoubleArray();
          });
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<double[]> result : threads.invokeAll(runs)) {
        assertArrayEquals(new double[] {3, 3}, result.get(), 1e-9);
      }
    }
  }

  @Test
  void whatCannotGoBackwardSaysWhatToDo() {
    Tensor x = Tensor.ones(2).requiresGrad_();
    Exception many = assertThrows(IllegalStateException.class, x.mul(2)::backward);
    assertEquals(
        "backward: only a scalar can do without a gradient of its own, not shape (2,);"
            + " pass one, or call sum() or mean() first",
        many.getMessage());
    Tensor g = Autograd.grad(x.square().sum(), x).sum();
    Exception none = assertThrows(IllegalStateException.class, () -> Autograd.grad(g, x));
    assertTrue(none.getMessage().endsWith("only with CREATE_GRAPH)"), none.getMessage());
  }

  @Test
  void twoThreadsReadOneGraph() throws Exception {
    Tensor x = leaf(1, 2, 3);
    Tensor y = x.exp().mul(x).sum();
    List<Callable<double[]>> runs = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      runs.add(() -> Autograd.grad(y, x, Option.RETAIN_GRAPH).toDoubleArray());
    }
    double[] expected = Autograd.grad(y, x, Option.RETAIN_GRAPH).toDoubleArray();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (Future<double[]> result : threads.invokeAll(runs)) {
        assertArrayEquals(expected, result.get());
      }
    }
  }
}
