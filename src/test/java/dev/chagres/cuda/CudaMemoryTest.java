package dev.chagres.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Cuda;
import dev.chagres.core.Device;
import dev.chagres.memory.Memory;
import dev.chagres.memory.MemoryStats;
import dev.chagres.memory.OutOfMemoryException;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens when a GPU's memory comes to its end. */
@OnCuda
class CudaMemoryTest {
  /** The last one, where no other test has much. */
  private static final Device GPU = Device.cuda(Cuda.deviceCount() - 1);

  private static final int MIB = 1 << 20;
  private static final int BUDGET = 16;

  private long limit;

  @BeforeEach
  void limit() {
    Cuda.memoryStats(GPU.index());
    Memory.emptyCache(GPU);
    MemoryStats stats = Memory.stats(GPU);
    limit = stats.limitBytes();
    Memory.setLimit(GPU, stats.reservedBytes() + BUDGET * MIB);
  }

  @AfterEach
  void restore() {
    Memory.setLimit(GPU, limit);
    Memory.emptyCache(GPU);
  }

  private static Tensor mebibytes(int count) {
    return Tensor.ones(GPU, count * MIB / 4);
  }

  @Test
  void aLoopWithoutScopesNeverRunsOut() {
    double sum = 0;
    for (int i = 0; i < 100; i++) {
      Tensor x = mebibytes(1).mul(2);
      sum += i % 20 == 0 ? x.select(0, i).item() : 0;
    }
    assertEquals(10, sum);
    assertTrue(Memory.stats(GPU).collections() > 0);
  }

  @Test
  void theMostThatWasLiveBeginsAnew() {
    int gpu = GPU.index();
    long before = Cuda.memoryAllocated(gpu);
    Tensor few = mebibytes(1);
    try (var _ = Scope.open()) {
      mebibytes(6);
    }
    assertTrue(Cuda.maxMemoryAllocated(gpu) >= before + 7 * MIB);
    Cuda.resetPeakMemoryStats(gpu);
    long now = Cuda.memoryAllocated(gpu);
    assertTrue(now >= before + MIB && now < before + 6 * MIB, now + " after " + before);
    assertEquals(now, Cuda.maxMemoryAllocated(gpu));
    Tensor more = mebibytes(3);
    assertEquals(now + 3 * MIB, Cuda.maxMemoryAllocated(gpu));
    assertTrue(Cuda.memoryReserved(gpu) >= now + 3 * MIB);
    assertTrue(Cuda.memorySummary(gpu).startsWith("memory of " + GPU), Cuda.memorySummary(gpu));
    assertEquals(3 * MIB / 4, more.sum().item());
    assertEquals(MIB / 4, few.sum().item());
  }

  @Test
  void neitherDoesOneThatUsesTwoStreams() {
    var stream = new CudaStream(GPU);
    CudaStream first = CudaStream.defaultStream(GPU);
    double sum = 0;
    for (int i = 0; i < 60; i++) {
      try (var _ = Scope.open()) {
        Tensor x = mebibytes(3);
        try (var _ = stream.use()) {
          stream.waitStream(first);
          Tensor y = x.neg(); // x is held, as nobody waits
          sum += i % 20 == 0 ? y.select(0, i).item() : 0;
        }
      }
    }
    assertEquals(-3, sum);
  }

  @Test
  void whatOneStreamKeepsIsThereForAnother() {
    try (var _ = new CudaStream(GPU).use();
        var _ = Scope.open()) {
      mebibytes(BUDGET - 2);
    }
    try (var _ = Scope.open()) {
      assertEquals((BUDGET - 2) * MIB / 4, mebibytes(BUDGET - 2).sum().item());
    }
  }

  @Test
  void whoKeepsAllIsToldSo() {
    List<Tensor> kept = new ArrayList<>();
    Memory.startTracing();
    OutOfMemoryException e;
    try {
      e =
          assertThrows(
              OutOfMemoryException.class,
              () -> {
                while (true) {
                  kept.add(mebibytes(2));
                }
              });
    } finally {
      Memory.stopTracing();
    }
    assertTrue(kept.size() >= BUDGET / 2 - 2, kept.size() + " tensors");
    String text = e.getMessage();
    assertTrue(text.startsWith("out of memory on " + GPU + ": 2.0 MiB asked for, budget "), text);
    assertTrue(text.contains("largest holders:"), text);
    assertTrue(text.contains("CudaMemoryTest"), text);
    assertTrue(text.contains("Memory.setLimit(Device.cuda(" + GPU.index() + "), bytes)"), text);
    kept.clear();
    assertEquals(MIB, mebibytes(4).sum().item(), "nothing was lost");
  }
}
