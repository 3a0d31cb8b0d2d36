package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.memory.Storage;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.Primitives.Update;
import dev.chagres.primitive.SgdStep;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tensors over callers' memory: the same bytes may be wrapped twice, read-only, or confined. */
class SharedMemoryTest {
  private static final int N = 1000;

  /** N + 1 numbers 0, 1, …, and two tensors over all but the last and all but the first. */
  private record Shifted(Tensor first, Tensor second) {
    static Shifted of(Arena arena) {
      MemorySegment memory = arena.allocate(4L * (N + 1), 64);
      Tensor.of(memory, DType.FLOAT32, N + 1).copy_(Tensor.arange(N + 1));
      return new Shifted(
          Tensor.of(memory.asSlice(0, 4L * N), DType.FLOAT32, N),
          Tensor.of(memory.asSlice(4, 4L * N), DType.FLOAT32, N));
    }
  }

  private static float[] numbers(float start, float step) {
    float[] numbers = new float[N];
    for (int i = 0; i < N; i++) {
      numbers[i] = start + i * step;
    }
    return numbers;
  }

  @Test
  void storagesThatWrapCommonBytesShareMemory() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(64, 64);
      Storage left = Storage.wrap(memory.asSlice(0, 33));
      Storage right = Storage.wrap(memory.asSlice(32));
      Storage far = Storage.wrap(memory.asSlice(33));
      Storage own = Storage.allocate(64);
      assertTrue(left.sharesMemory(left) && left.sharesMemory(right) && right.sharesMemory(left));
      assertFalse(left.sharesMemory(far) || far.sharesMemory(left));
      assertFalse(left.sharesMemory(own) || own.sharesMemory(left));
      assertFalse(own.sharesMemory(Storage.allocate(64)));
      Storage again = Storage.wrap(own.expose());
      assertTrue(own.sharesMemory(again) && again.sharesMemory(own));
      assertFalse(left.sharesMemory(Storage.wrap(memory.asSlice(8, 0))));
    }
  }

  @Test
  void operandsUnderTheResultAreReadBeforeTheyAreOverwritten() {
    try (Arena arena = Arena.ofConfined()) {
      Shifted sum = Shifted.of(arena);
      sum.second.add_(sum.first);
      assertArrayEquals(numbers(1, 2), sum.second.toFloatArray());
      Shifted root = Shifted.of(arena);
      Out.sqrt(root.first.square_(), root.second);
      assertArrayEquals(numbers(0, 1), root.second.toFloatArray());
      Shifted copy = Shifted.of(arena);
      copy.second.copy_(copy.first);
      assertArrayEquals(numbers(0, 1), copy.second.toFloatArray());
    }
  }

  @Test
  void aProductIsNotWrittenOverItsOperands() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(4 * 4, 64);
      Tensor a =
          Tensor.of(memory, DType.FLOAT32, 2, 2).copy_(Tensor.of(new float[][] {{1, 2}, {3, 4}}));
      Out.mm(a, a, Tensor.of(memory, DType.FLOAT32, 2, 2));
      assertArrayEquals(new float[] {7, 10, 15, 22}, a.toFloatArray());
    }
  }

  @Test
  void positionsUnderWhatTheyWriteToAreReadFirst() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(8 * 4, 64);
      Tensor x = Tensor.of(memory, DType.INT64, 4).copy_(Tensor.of(1, 2, 3, 0));
      Tensor positions = Tensor.of(memory, DType.INT64, 4);
      long far = 1L << 45;
      x.put(Tensor.of(far, far + 1, far + 2, far + 3), Index.of(positions));
      assertArrayEquals(new long[] {far + 3, far, far + 1, far + 2}, x.toLongArray());
    }
  }

  @Test
  void valuesUnderWhatTheyAreWrittenToAreReadFirst() {
    try (Arena arena = Arena.ofConfined()) {
      Shifted both = Shifted.of(arena);
      Tensor everything = Tensor.arange(N);
      both.second.put(both.first, Index.of(everything));
      assertArrayEquals(numbers(0, 1), both.second.toFloatArray());
    }
  }

  private static void adam(Tensor p, Tensor g, Tensor... state) {
    AdamStep step =
        new AdamStep(1e-3, .9, .999, 1e-8, 0, AdamStep.Decay.DECOUPLED, 1, false, false);
    Update<Tensor> update = new Update<>(p, g, List.of(state));
    TensorPrimitives.INSTANCE.adamStep(step, List.of(update));
  }

  private static void sgd(double momentum, Tensor p, Tensor g, Tensor... state) {
    SgdStep step = new SgdStep(1, momentum, 0, 0, 2, false, false);
    Update<Tensor> update = new Update<>(p, g, List.of(state));
    TensorPrimitives.INSTANCE.sgdStep(step, List.of(update));
  }

  @Test
  void anOptimizerStepWritesToMemoryOfItsOwnOnly() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor p = Tensor.ones(16);
      Tensor g = Tensor.ones(16);
      Tensor state = Tensor.zeros(16);
      MemorySegment readOnly = arena.allocate(64, 64).asReadOnly();
      Tensor fixed = Tensor.of(readOnly, DType.FLOAT32, 16);
      assertThrows(IllegalStateException.class, () -> adam(p, g, state, fixed));
      assertThrows(IllegalStateException.class, () -> adam(p, g, fixed, state));
      assertThrows(IllegalStateException.class, () -> sgd(0.9, p, g, fixed));
      assertThrows(IllegalStateException.class, () -> sgd(0.9, fixed, g, state));
      assertThrows(IllegalArgumentException.class, () -> adam(p, g, state, state));
      assertThrows(IllegalArgumentException.class, () -> sgd(0.9, p, g, g.detach()));
      assertThrows(IllegalArgumentException.class, () -> sgd(0.9, p, g, p.detach()));
      assertArrayEquals(Tensor.ones(16).toFloatArray(), p.toFloatArray());
      assertEquals(0, state.abs().sum().item());
    }
  }

  @Test
  void aGradientUnderTheParameterIsReadFirst() {
    try (Arena arena = Arena.ofConfined()) {
      Shifted both = Shifted.of(arena);
      sgd(0, both.second, both.first);
      assertArrayEquals(numbers(1, 0), both.second.toFloatArray());
    }
  }

  @Test
  void operationsOnConfinedMemoryAreSharedOut() throws InterruptedException {
    long n = 1L << 22;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(4 * n, 64);
      Tensor x = Tensor.of(memory, DType.FLOAT32, n);
      for (int i = 0; i < 20; i++) {
        x.add_(1);
      }
      assertEquals(20, x.amin().item());
      assertEquals(20, x.amax().item());
      assertSame(memory, x.storage().expose());
      Throwable[] seen = new Throwable[1];
      Thread other =
          Thread.ofPlatform()
              .start(() -> seen[0] = assertThrows(WrongThreadException.class, () -> x.add(1)));
      other.join();
      assertTrue(seen[0] != null);
    }
  }

  @Test
  void closedConfinedMemoryIsRefused() {
    Tensor x;
    try (Arena arena = Arena.ofConfined()) {
      x = Tensor.of(arena.allocate(64, 64), DType.FLOAT32, 16);
    }
    assertThrows(IllegalStateException.class, () -> x.add(1));
  }
}
