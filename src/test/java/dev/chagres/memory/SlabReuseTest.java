package dev.chagres.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.memory.PoolTest.Imaginary;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory that one size of blocks has no use for serves others. */
class SlabReuseTest {
  private static final long MIB = 1 << 20;

  private static List<Storage> fill(Pool pool, long each, long total) {
    List<Storage> storages = new ArrayList<>();
    for (long sum = 0; sum < total; sum += each) {
      storages.add(Storage.allocate(pool, each));
    }
    return storages;
  }

  private static void freeAll(List<Storage> storages) {
    storages.forEach(Storage::free);
    storages.clear();
  }

  @Test
  void oneBlockOfEverySizeFitsASmallBudget() {
    var pool = new Pool(new HostAllocator(), 4 * MIB);
    List<Storage> live = new ArrayList<>();
    for (int i = 0; i < SizeClasses.STRIPED; i++) {
      live.add(Storage.allocate(pool, SizeClasses.capacity(i)));
    }
    MemoryStats stats = pool.stats();
    assertTrue(stats.liveBytes() < MIB / 2, stats::toString);
    assertTrue(stats.reservedBytes() < 2 * MIB, stats::toString);
    assertEquals(0, stats.collections(), "nobody was pressed");
    PoolTest.assertAddsUp(stats);
    freeAll(live);
  }

  @ParameterizedTest
  @ValueSource(longs = {64, 1000, 4096, 20_000, 64 << 10, 200_000})
  void aSmallBudgetIsUsedUpByAnySizeAfterAnother(long then) {
    var pool = new Pool(new HostAllocator(), 4 * MIB);
    for (long first : new long[] {64, 640, 5 << 10, 100_000}) {
      freeAll(fill(pool, first, 3 * MIB));
      List<Storage> live = fill(pool, then, 3 * MIB);
      for (Storage storage : live) {
        storage.segment().fill((byte) 1);
      }
      MemoryStats stats = pool.stats();
      assertEquals(live.size(), stats.liveStorages());
      assertTrue(stats.reservedBytes() <= 4 * MIB, stats::toString);
      PoolTest.assertAddsUp(stats);
      freeAll(live);
    }
    pool.emptyCache();
    assertEquals(0, pool.stats().reservedBytes());
  }

  @Test
  void whatAnotherSizeLeftIsTakenBeforeFreshMemory() {
    var allocator = new Imaginary();
    var pool = new Pool(allocator, 1L << 40);
    for (long each : new long[] {64, 4096, 640, 16 << 10, 1000, 128, 2560}) {
      freeAll(fill(pool, each, 32 * MIB));
    }
    MemoryStats stats = pool.stats();
    assertTrue(stats.peakBytes() >= 32 * MIB, stats::toString);
    // What stripes hold keeps a few slabs of each size.
    assertTrue(stats.reservedBytes() < 1.25 * stats.peakBytes(), stats::toString);
    assertEquals(allocator.sum(), stats.reservedBytes());
    pool.emptyCache();
    assertEquals(Map.of(), allocator.taken);
  }

  @Test
  void aSlabWithABlockInUseStays() {
    var pool = new Pool(new Imaginary(), MIB);
    List<Storage> live = fill(pool, 1024, MIB);
    List<Storage> kept = new ArrayList<>();
    // Slabs are of 16 KiB here: every other one keeps a block.
    for (int i = 0; i < live.size(); i++) {
      if (i % 32 == 0) {
        kept.add(live.get(i));
      } else {
        live.get(i).free();
      }
    }
    List<Storage> others = new ArrayList<>();
    assertThrows(
        OutOfMemoryException.class,
        () -> {
          while (true) {
            others.add(Storage.allocate(pool, 4096));
          }
        });
    assertTrue(others.size() >= 100 && others.size() <= 128, "" + others.size());
    PoolTest.assertAddsUp(pool.stats());
    assertEquals(kept.size() + others.size(), pool.stats().liveStorages());
    freeAll(kept);
    freeAll(others);
    freeAll(fill(pool, 16 << 10, MIB));
  }

  @ParameterizedTest
  @ValueSource(longs = {MIB / 4, MIB, 8 * MIB})
  void blocksOfManySizesNeverOverlap(long budget) {
    var pool = new Pool(new Imaginary(), budget);
    var random = new Random(3);
    var ends = new TreeMap<Long, Long>();
    List<Storage> live = new ArrayList<>();
    long sum = 0;
    for (int i = 0; i < 30_000; i++) {
      // One size is in demand for a while, then another.
      if (i % 500 == 0) {
        for (Storage storage : live.subList(live.size() / 10, live.size())) {
          sum -= SizeClasses.capacity(SizeClasses.of(storage.byteSize()));
          assertNotNull(ends.remove(storage.segment().address()));
          storage.free();
        }
        live.subList(live.size() / 10, live.size()).clear();
      }
      long bytes = 1 + (64L << (i / 500 % 7)) * (1 + random.nextInt(3));
      long capacity = SizeClasses.capacity(SizeClasses.of(bytes));
      if (sum + capacity > budget / 3) {
        Storage old = live.remove(random.nextInt(live.size()));
        sum -= SizeClasses.capacity(SizeClasses.of(old.byteSize()));
        assertNotNull(ends.remove(old.segment().address()));
        old.free();
      }
      Storage storage = Storage.allocate(pool, bytes);
      live.add(storage);
      sum += capacity;
      long address = storage.segment().address();
      Map.Entry<Long, Long> below = ends.floorEntry(address);
      assertTrue(below == null || below.getValue() <= address, "overlaps the one below");
      Long above = ends.higherKey(address);
      assertTrue(above == null || address + bytes <= above, "overlaps the one above");
      assertNull(ends.put(address, address + bytes));
    }
    PoolTest.assertAddsUp(pool.stats());
    assertTrue(pool.stats().reservedBytes() <= budget);
    freeAll(live);
    pool.emptyCache();
    assertEquals(0, pool.stats().reservedBytes());
  }

  @Test
  void threadsWithDifferentSizesShareASmallBudget() throws Exception {
    var pool = new Pool(new HostAllocator(), 8 * MIB);
    try (var threads = Executors.newFixedThreadPool(4)) {
      List<Future<Void>> ends = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        int seed = i;
        Callable<Void> work =
            () -> {
              work(pool, new Random(seed));
              return null;
            };
        ends.add(threads.submit(work));
      }
      for (Future<Void> end : ends) {
        end.get();
      }
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    }
    MemoryStats stats = pool.stats();
    assertEquals(0, stats.liveStorages());
    assertEquals(0, stats.liveBytes());
    assertTrue(stats.reservedBytes() <= 8 * MIB, stats::toString);
    PoolTest.assertAddsUp(stats);
    pool.emptyCache();
    assertEquals(0, pool.stats().reservedBytes());
  }

  /** Fills up to a MiB with one size after the other, and finds in each what was written there. */
  private static void work(Pool pool, Random random) {
    for (int round = 0; round < 60; round++) {
      long each = 8 * (1 + random.nextLong(1L << random.nextInt(4, 13)));
      List<Storage> live = fill(pool, each, MIB / 2);
      long mark = random.nextLong();
      for (Storage storage : live) {
        MemorySegment memory = RawMemory.of(storage);
        memory.set(ValueLayout.JAVA_LONG, 0, mark);
        memory.set(ValueLayout.JAVA_LONG, each - 8, mark);
      }
      for (Storage storage : live) {
        MemorySegment memory = RawMemory.of(storage);
        assertEquals(mark, memory.get(ValueLayout.JAVA_LONG, 0));
        assertEquals(mark, memory.get(ValueLayout.JAVA_LONG, each - 8));
      }
      freeAll(live);
    }
  }
}
