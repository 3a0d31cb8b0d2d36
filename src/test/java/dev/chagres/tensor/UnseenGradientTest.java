package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.autograd.Backward.Option;
import dev.chagres.core.DType;
import dev.chagres.memory.MemoryStats;
import dev.chagres.memory.Scope;
import dev.chagres.memory.Storage;
import dev.chagres.nn.Functional;
import dev.chagres.nn.Linear;
import dev.chagres.optim.Adam;
import dev.chagres.optim.Optimizer;
import dev.chagres.optim.SGD;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A gradient that only the library has seen is freed when it is forgotten, any other is not. */
@OnEveryDevice
class UnseenGradientTest {

  private static Tensor leaf() {
    return Tensor.ones(3).requiresGrad_();
  }

  private static void backward(Tensor w) {
    w.mul(2).sum().backward();
  }

  /** Returns the storage of the gradient without asking for the gradient. */
  private static Storage peek(Tensor w) {
    var storages = new ArrayList<Storage>();
    w.forEachStorage(storages::add);
    assertEquals(2, storages.size());
    return storages.getLast();
  }

  @Test
  void anUnseenOneIsFreedWhenForgottenOrReplaced() {
    Tensor w = leaf();
    backward(w);
    backward(w);
    Storage gradient = peek(w);
    w.setGrad(null);
    assertTrue(gradient.isFreed());
    assertNull(w.grad());

    backward(w);
    gradient = peek(w);
    w.setGrad(Tensor.zeros(3));
    assertTrue(gradient.isFreed());
    assertArrayEquals(new float[3], w.grad().toFloatArray());
  }

  @Test
  void oneThatWasSeenIsNot() {
    Tensor w = leaf();
    backward(w);
    Tensor seen = w.grad();
    backward(w);
    w.setGrad(null);
    assertFalse(seen.storage().isFreed());
    assertArrayEquals(new float[] {4, 4, 4}, seen.toFloatArray());
  }

  @Test
  void oneThatTheUserGaveIsNot() {
    Tensor w = leaf();
    Tensor given = Tensor.ones(3);
    w.setGrad(given);
    backward(w);
    w.setGrad(null);
    assertArrayEquals(new float[] {3, 3, 3}, given.toFloatArray());

    Tensor passed = Tensor.ones(3);
    w.backward(passed);
    w.setGrad(null);
    assertArrayEquals(new float[] {1, 1, 1}, passed.toFloatArray());
  }

  @Test
  void oneThatAHookHasSeenIsNot() {
    Tensor w = leaf();
    var shown = new ArrayList<Tensor>();
    w.registerHook(
        g -> {
          shown.add(g);
          return null;
        });
    backward(w);
    w.setGrad(null);
    assertArrayEquals(new float[] {2, 2, 2}, shown.getFirst().toFloatArray());
  }

  @Test
  void oneThatIsRecordedIsNot() {
    Tensor w = leaf();
    Tensor y = w.pow(3).sum();
    y.backward(Option.CREATE_GRAPH);
    Storage gradient = peek(w);
    w.setGrad(null);
    assertFalse(gradient.isFreed());
  }

  @Test
  void leavesThatShareAGradientHaveOneEach() {
    Tensor a = leaf();
    Tensor b = leaf();
    a.add(b).sum().backward();
    a.setGrad(null);
    assertArrayEquals(new float[] {1, 1, 1}, b.grad().toFloatArray());
    b.setGrad(null);

    Tensor given = Tensor.ones(3);
    a.add(b).backward(given, Option.CREATE_GRAPH);
    Autograd.noGrad(() -> a.grad().mul_(5));
    assertArrayEquals(new float[] {1, 1, 1}, b.grad().toFloatArray());
    assertArrayEquals(new float[] {1, 1, 1}, given.toFloatArray());
  }

  @Test
  void aLoopInAScopeLeavesNothingToTheCollector() {
    var layer = new Linear(4, 3);
    var optimizer = new Adam(layer.parameters());
    Tensor x = Tensor.ones(2, 4);
    Tensor y = Tensor.zeros(2, 3);
    step(layer, optimizer, x, y); // makes the state
    long before = left();
    for (int i = 0; i < 100; i++) {
      step(layer, optimizer, x, y);
    }
    assertEquals(before, left());
  }

  private static void step(Linear layer, Adam optimizer, Tensor x, Tensor y) {
    try (var _ = Scope.open()) {
      Functional.mseLoss(layer.call(x), y).backward();
      optimizer.step();
      optimizer.zeroGrad();
    }
  }

  /** Steps work on copies of what is of 16 bits, strided, or written to before it is read. */
  @Test
  void aStepFreesTheCopiesThatItMakes() {
    for (DType dtype : List.of(DType.FLOAT16, DType.BFLOAT16, DType.FLOAT32)) {
      Tensor whole = Tensor.ones(dtype, 5, 4);
      Tensor square = whole.at("1:");
      for (Tensor gradient : List.of(Tensor.ones(dtype, 4, 4), whole.at(":4"), square.t())) {
        aStepFreesItsCopies(square, gradient);
      }
      aStepFreesItsCopies(whole.at(":, 1"), whole.at(":, 2"));
    }
  }

  private static void aStepFreesItsCopies(Tensor parameter, Tensor gradient) {
    Tensor w = parameter.detach().requiresGrad_();
    w.setGrad(gradient);
    for (Optimizer optimizer : List.of(new Adam(List.of(w)), new SGD(List.of(w)))) {
      optimizer.step(); // makes the state
      long before = left();
      optimizer.step();
      assertEquals(before, left(), () -> Tensor.describe(w) + " by " + optimizer);
    }
  }

  /** Returns how many storages neither a scope nor a call has freed. */
  private static long left() {
    MemoryStats stats = Chagres.memoryStats();
    return stats.allocations() - stats.freedExplicitly() - stats.freedByScope();
  }
}
