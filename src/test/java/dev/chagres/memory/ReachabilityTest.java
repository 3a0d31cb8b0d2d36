package dev.chagres.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.check.Bytes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReachabilityTest {
  private static final long MIB = 1 << 20;

  /** Collects until the condition holds; the collector promises nothing about a single round. */
  private static void collectUntil(BooleanSupplier condition) {
    for (int i = 0; i < 200 && !condition.getAsBoolean(); i++) {
      System.gc();
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    assertTrue(condition.getAsBoolean());
  }

  private static void drop(Pool pool, int count, long bytes) {
    for (int i = 0; i < count; i++) {
      Storage.allocate(pool, bytes);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {8, 1000, 10_000, 3_000_000})
  void unreachableStoragesGiveTheirMemoryBack(long bytes) {
    var pool = new Pool(new HostAllocator(), 1L << 30);
    drop(pool, 50, bytes);
    Storage kept = Storage.allocate(pool, bytes);
    kept.segment().fill((byte) 3);
    // Those that share the kept one's lease, or the one that is being filled, may stay.
    collectUntil(() -> pool.stats().liveStorages() <= 8);
    MemoryStats stats = pool.stats();
    assertEquals(51 - stats.liveStorages(), stats.freedByReachability());
    assertEquals(3, kept.segment().get(ValueLayout.JAVA_BYTE, bytes - 1));
    kept.free();
  }

  @Test
  void anEscapedStorageKeepsNoNeighbours() {
    var pool = new Pool(new HostAllocator(), 1L << 30);
    List<Storage> kept = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      drop(pool, 7, 64);
      Storage storage = Storage.allocate(pool, 64);
      storage.segment().fill((byte) i);
      storage.escape();
      kept.add(storage);
    }
    drop(pool, 8, 64);
    collectUntil(() -> pool.stats().liveStorages() <= 28);
    for (int i = 0; i < 20; i++) {
      assertEquals(i, kept.get(i).segment().get(ValueLayout.JAVA_BYTE, 63));
    }
  }

  @Test
  void holdingTheSegmentKeepsTheStorage() {
    var pool = new Pool(new HostAllocator(), 1L << 30);
    MemorySegment segment = Storage.allocate(pool, 100_000).expose().asSlice(10, 100);
    segment.fill((byte) 6);
    for (int i = 0; i < 5; i++) {
      System.gc();
      drop(pool, 3, 100_000);
      assertEquals(1, Math.min(1, pool.stats().liveStorages()));
    }
    Storage probe = Storage.allocate(pool, 100_000);
    probe.segment().fill((byte) 1);
    assertEquals(6, segment.get(ValueLayout.JAVA_BYTE, 99));
    probe.free();
    segment = null;
    collectUntil(() -> pool.stats().liveStorages() == 0);
  }

  @Test
  void aForgottenScopeLosesNothing() throws InterruptedException {
    var pool = new Pool(new HostAllocator(), 1L << 30);
    Threads.failureOf(
        () -> {
          Scope.open();
          for (int i = 0; i < 100; i++) {
            Storage.allocate(pool, i % 2 == 0 ? 64 : 20_000);
          }
        });
    collectUntil(() -> pool.stats().liveStorages() == 0);
  }

  @Test
  void aLongScopeRunsInFlatMemory() {
    var pool = new Pool(new HostAllocator(), 64 * MIB);
    try (var _ = Scope.open()) {
      for (int i = 0; i < 500; i++) {
        Storage.allocate(pool, MIB);
      }
    }
    assertEquals(0, pool.stats().liveStorages());
  }

  @Test
  void garbageIsReclaimedBeforeTheBudgetFails() {
    var pool = new Pool(new HostAllocator(), 64 * MIB);
    for (int i = 0; i < 100; i++) {
      Storage storage = Storage.allocate(pool, 5 * MIB + i * 1000L);
      storage.segment().set(ValueLayout.JAVA_BYTE, storage.byteSize() - 1, (byte) 1);
    }
    assertTrue(pool.stats().reservedBytes() <= 64 * MIB);
  }

  @Test
  void tinyTensorsWithoutAScopeRunInFlatMemory() throws Exception {
    flat("tiny", new Pool(new HostAllocator(), 16L << 30), 200_000, 10, 1000);
  }

  @Test
  void largeTensorsWithoutAScopeRunInFlatMemory() throws Exception {
    flat("large", new Pool(new HostAllocator(), 16L << 30), 200, 10, 4 * MIB);
  }

  @Test
  @Tag("slow")
  void largeTensorsWithoutAScopeRunInFlatMemoryForLong() throws Exception {
    flat("large, long", new Pool(new HostAllocator(), 16L << 30), 3000, 10, 4 * MIB);
  }

  /**
   * Steps that drop what they make; the reserve after the first fifth must be all that is ever
   * needed.
   */
  private static void flat(String name, Pool pool, int steps, int each, long bytes)
      throws Exception {
    long early = 0;
    long earlyResident = 0;
    for (int step = 0; step < steps; step++) {
      for (int i = 0; i < each; i++) {
        MemorySegment segment = Storage.allocate(pool, bytes).segment();
        for (long at = 0; at < bytes; at += 4096) {
          segment.set(ValueLayout.JAVA_LONG, at, step);
        }
      }
      if (step == steps / 5) {
        early = pool.stats().reservedBytes();
        earlyResident = resident();
      }
    }
    MemoryStats stats = pool.stats();
    System.out.printf(
        "%s: reserved %s -> %s, process %s -> %s%n%s%n",
        name,
        Bytes.text(early),
        Bytes.text(stats.reservedBytes()),
        Bytes.text(earlyResident),
        Bytes.text(resident()),
        stats);
    // Twice the widest slack of Pressure: the first 1 GiB, and what later grows on its remains.
    assertTrue(stats.reservedBytes() < 2L << 30, stats::toString);
    assertTrue(stats.peakBytes() < (long) steps * each * bytes, stats::toString);
  }

  private static long resident() throws Exception {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return 0;
    }
    try (var lines = Files.lines(status)) {
      return lines
              .filter(line -> line.startsWith("VmRSS:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
              .findFirst()
              .orElse(0)
          << 10;
    }
  }
}
