package dev.chagres.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.check.Bytes;
import dev.chagres.core.Device;
import dev.chagres.memory.raw.Allocator;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PoolTest {
  private static final long MIB = 1 << 20;

  /**
   * Invented addresses: shows that a pool never touches the memory, and that all of it comes back.
   */
  static final class Imaginary implements Allocator {
    final Map<Long, Long> taken = new HashMap<>();
    private long next = 1 << 20;
    long available = Long.MAX_VALUE;

    @Override
    public Device device() {
      return Device.cuda(3);
    }

    @Override
    public long allocate(long bytes) {
      if (bytes > available) {
        return 0;
      }
      available -= bytes;
      long address = next;
      next += bytes;
      taken.put(address, bytes);
      return address;
    }

    @Override
    public void free(long address, long bytes) {
      assertEquals(bytes, taken.remove(address));
      available += bytes;
    }

    @Override
    public MemorySegment view(long address, long bytes) {
      return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    @Override
    public long capacity() {
      return 1L << 40;
    }

    @Override
    public long unused() {
      return available;
    }

    long sum() {
      return taken.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  /** Every storage was allocated and is live or freed, every reserved byte live or cached. */
  static void assertAddsUp(MemoryStats stats) {
    assertEquals(
        stats.allocations(),
        stats.liveStorages()
            + stats.freedExplicitly()
            + stats.freedByScope()
            + stats.freedByReachability(),
        stats::toString);
    assertEquals(stats.reservedBytes(), stats.liveBytes() + stats.cachedBytes(), stats::toString);
    assertTrue(stats.peakBytes() >= stats.liveBytes(), stats::toString);
  }

  @Test
  void sizeClassesAreTightAndOrdered() {
    long before = 0;
    for (int i = 0; i < SizeClasses.COUNT; i++) {
      long capacity = SizeClasses.capacity(i);
      assertEquals(0, capacity % 64);
      assertEquals(i, SizeClasses.of(capacity));
      assertEquals(i, SizeClasses.of(before + 1));
      long slab = SizeClasses.slabBytes(i, Long.MAX_VALUE);
      assertEquals(0, slab % capacity);
      if (capacity > 1024) {
        assertTrue((capacity - before - 1) / (double) capacity < 0.2, "class " + i);
      }
      before = capacity;
    }
    assertEquals(SizeClasses.LARGEST, before);
    assertEquals(0, SizeClasses.of(0));
  }

  @Test
  void countsAddUpWhateverHappens() {
    var allocator = new Imaginary();
    var pool = new Pool(allocator, 1L << 40);
    var random = new Random(7);
    List<Storage> live = new ArrayList<>();
    long explicit = 0;
    for (int i = 0; i < 20_000; i++) {
      if (live.size() > 200 || (random.nextBoolean() && !live.isEmpty())) {
        live.remove(random.nextInt(live.size())).free();
        explicit++;
      } else {
        live.add(Storage.allocate(pool, (long) Math.exp(random.nextDouble(18))));
      }
      if (i % 1000 == 0) {
        assertAddsUp(pool.stats());
        assertEquals(allocator.sum(), pool.stats().reservedBytes());
        assertEquals(live.size(), pool.stats().liveStorages());
      }
      if (i % 5000 == 0) {
        pool.emptyCache();
      }
    }
    long sum =
        live.stream()
            .mapToLong(each -> SizeClasses.capacity(SizeClasses.of(each.byteSize())))
            .sum();
    MemoryStats stats = pool.stats();
    assertTrue(stats.liveBytes() >= sum && stats.liveBytes() <= sum * 1.3, stats::toString);
    assertEquals(explicit, stats.freedExplicitly());
    live.forEach(Storage::free);
    assertEquals(0, pool.stats().liveBytes());
    pool.emptyCache();
    assertEquals(0, allocator.sum());
    assertEquals(0, pool.stats().reservedBytes());
    assertAddsUp(pool.stats());
  }

  @Test
  void noTwoLiveStoragesOverlap() {
    var pool = new Pool(new Imaginary(), 1L << 40);
    var random = new Random(11);
    List<Storage> live = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      live.add(Storage.allocate(pool, random.nextInt(1, 100_000)));
      if (i % 3 == 0) {
        live.remove(random.nextInt(live.size())).free();
      }
    }
    live.sort((a, b) -> Long.compare(a.segment().address(), b.segment().address()));
    for (int i = 1; i < live.size(); i++) {
      assertTrue(
          live.get(i - 1).segment().address() + live.get(i - 1).byteSize()
              <= live.get(i).segment().address());
    }
    live.forEach(Storage::free);
  }

  @Test
  void aScopeOwnsTheStoragesOfEveryDevice() {
    var other = new Pool(new Imaginary(), 1L << 40);
    Storage a;
    Storage b;
    try (var _ = Scope.open()) {
      a = Storage.allocate(8);
      b = Storage.allocate(other, 8);
      assertEquals(Device.cuda(3), b.device());
      assertThrows(UnsupportedOperationException.class, b::expose);
    }
    assertTrue(a.isFreed() && b.isFreed());
    assertEquals(1, other.stats().freedByScope());
  }

  @Test
  void anExhaustedBudgetIsExplainedAndNothingIsLost() {
    var pool = new Pool(new HostAllocator(), 32 * MIB);
    List<Storage> live = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      live.add(Storage.allocate(pool, 4 * MIB));
    }
    live.add(Storage.allocate(pool, 3 * MIB));
    var e = assertThrows(OutOfMemoryException.class, () -> Storage.allocate(pool, 2 * MIB));
    String text = e.getMessage();
    assertEquals(2 * MIB, e.requestedBytes());
    assertTrue(
        text.startsWith(
            "out of memory on cpu: 2.0 MiB asked for, budget 32.0 MiB, of it 31.0 MiB live in 8"),
        text);
    assertTrue(text.contains("28.0 MiB in       7 storages of 4.0 MiB"), text);
    assertTrue(text.contains("Scope.open()"), text);
    assertTrue(text.contains("-Dchagres.memory.limit="), text);
    assertTrue(text.contains("-XX:+DisableExplicitGC"), text);
    assertAddsUp(pool.stats());
    live.removeFirst().free();
    Storage again = Storage.allocate(pool, 2 * MIB);
    again.segment().fill((byte) 1);
    again.free();
    live.forEach(Storage::free);
    Storage whole = Storage.allocate(pool, 32 * MIB);
    whole.segment().fill((byte) 1);
    whole.free();
    assertAddsUp(pool.stats());
  }

  @Test
  void cachedMemoryOfOtherSizesMakesRoom() {
    var pool = new Pool(new HostAllocator(), 8 * MIB);
    List<Storage> small = new ArrayList<>();
    for (int i = 0; i < 50_000; i++) {
      small.add(Storage.allocate(pool, 64));
    }
    small.forEach(Storage::free);
    Storage large = Storage.allocate(pool, 7 * MIB);
    large.segment().fill((byte) 1);
    large.free();
    Storage.allocate(pool, 64).free();
  }

  @Test
  void aTightBudgetIsUsedToTheLastBlock() {
    var pool = new Pool(new HostAllocator(), 100_000);
    List<Storage> live = new ArrayList<>();
    assertThrows(
        OutOfMemoryException.class,
        () -> {
          while (true) {
            live.add(Storage.allocate(pool, 1000));
          }
        });
    assertEquals(97, live.size());
    live.forEach(Storage::free);
  }

  @Test
  void moreThanAnyBlockHasIsRefusedWhateverTheBudget() {
    var pool = new Pool(new HostAllocator(), Long.MAX_VALUE);
    assertThrows(OutOfMemoryException.class, () -> Storage.allocate(pool, SizeClasses.LARGEST + 1));
  }

  @Test
  void theBudgetCanChangeAtAnyTime() {
    var pool = new Pool(new HostAllocator(), 8 * MIB);
    var e = assertThrows(OutOfMemoryException.class, () -> Storage.allocate(pool, 9 * MIB));
    assertTrue(e.getMessage().contains("more than the whole budget"), e.getMessage());
    String helps =
        "smaller tensors; a higher budget by -Dchagres.memory.limit=1g or Memory.setLimit";
    assertTrue(e.getMessage().contains("what helps: " + helps + "(bytes)."), e.getMessage());
    assertFalse(e.getMessage().contains("were reclaimed"), e.getMessage());
    assertEquals(0, pool.stats().collections());
    pool.setLimit(16 * MIB);
    Storage storage = Storage.allocate(pool, 9 * MIB);
    pool.setLimit(MIB);
    assertFalse(storage.isFreed());
    storage.segment().fill((byte) 2);
    assertThrows(OutOfMemoryException.class, () -> Storage.allocate(pool, 9 * MIB));
    storage.free();
    pool.setLimit(MIB);
    assertTrue(pool.stats().reservedBytes() <= MIB);
    assertThrows(IllegalArgumentException.class, () -> Memory.setLimit(0));
    assertThrows(IllegalArgumentException.class, () -> Memory.stats(Device.cuda(77)));
  }

  @Test
  void aDeviceThatHasNoMoreIsOutOfMemoryToo() {
    var allocator = new Imaginary();
    allocator.available = 10 * MIB;
    var pool = new Pool(allocator, 1L << 40);
    Storage first = Storage.allocate(pool, 8 * MIB);
    var e = assertThrows(OutOfMemoryException.class, () -> Storage.allocate(pool, 8 * MIB));
    assertTrue(
        e.getMessage()
            .contains("itself gave no more, though the budget has room: 2.0 MiB of it are free."),
        e.getMessage());
    assertFalse(e.getMessage().contains("a higher budget"), e.getMessage());
    first.free();
    // Another size: only what the pool keeps of the first one can make room for it.
    Storage.allocate(pool, 6 * MIB).free();
  }

  @Test
  void theReserveStaysNearThePeak() {
    var allocator = new Imaginary();
    var pool = new Pool(allocator, 1L << 40);
    for (int i = 1; i < 400; i++) {
      Storage.allocate(pool, i * 10L * MIB).free();
    }
    MemoryStats stats = pool.stats();
    assertTrue(stats.reservedBytes() <= stats.peakBytes() * 3 / 2 + 256 * MIB, stats::toString);
  }

  @Test
  void aReportNamesPlacesWhenTraced() {
    var pool = new Pool(new HostAllocator(), 1L << 30);
    Storage untraced = Storage.allocate(pool, 2000);
    Memory.startTracing();
    List<Storage> traced = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        traced.add(Storage.allocate(pool, 1000));
      }
    } finally {
      Memory.stopTracing();
    }
    String text = Report.live(pool.stats(), pool.leases());
    assertTrue(text.startsWith("live storages on cpu:"), text);
    assertTrue(text.contains("3.0 KiB in       3 storages from dev.chagres"), text);
    assertTrue(text.contains("PoolTest.aReportNamesPlacesWhenTraced(PoolTest.java:"), text);
    assertTrue(text.contains("2.0 KiB in       1 storage of 2.0 KiB"), text);
    traced.forEach(Storage::free);
    untraced.free();
    assertEquals("live storages on cpu: none", Report.live(pool.stats(), pool.leases()));
    assertTrue(Memory.leakReport().contains("live storages on cpu:"));
  }

  @Test
  void statisticsReadWell() {
    var stats =
        new MemoryStats(
            Device.cpu(),
            3 * MIB,
            12,
            4 * MIB,
            1536,
            3 * MIB + 1536,
            1L << 34,
            1000,
            900,
            80,
            8,
            2);
    assertEquals(
        """
        memory of cpu
          live             3.0 MiB in 12 storages (peak 4.0 MiB)
          cached           1.5 KiB
          reserved         3.0 MiB of 16.0 GiB
          allocated          1,000 storages
          freed                900 explicitly, 80 by scopes, 8 by reachability
          collections            2 asked for\
        """,
        stats.toString());
  }

  @Test
  void amountsAreReadAndWritten() {
    assertEquals(1024, Bytes.parse("1k"));
    assertEquals(512 * MIB, Bytes.parse(" 512M "));
    assertEquals(2L << 30, Bytes.parse("2g"));
    assertEquals(12345, Bytes.parse("12345"));
    for (String wrong : List.of("", "g", "1.5g", "-1", "0", "9999999999t", "2gb")) {
      var e = assertThrows(IllegalArgumentException.class, () -> Bytes.parse(wrong));
      assertTrue(e.getMessage().contains("512m"));
    }
    assertEquals("1023 B", Bytes.text(1023));
    assertEquals("1.0 KiB", Bytes.text(1024));
    assertEquals("8.0 EiB", Bytes.text(Long.MAX_VALUE));
  }

  @Test
  void theMachineHasAPlausibleAmountOfMemory() {
    long bytes = HostCapacity.bytes();
    assertTrue(bytes > 128 * MIB && bytes < 1L << 50, () -> Bytes.text(bytes));
    long bean = HostCapacity.fromManagement();
    assertTrue(bean > 128 * MIB && bean < 1L << 50, () -> Bytes.text(bean));
  }

  @Test
  void aStackThatOverflowsInsideThePoolLeavesItUsable() throws InterruptedException {
    var pool = new Pool(new HostAllocator(), 1L << 30);
    var thread = new Thread(null, () -> overflow(pool, 0), "deep", 1 << 20);
    thread.start();
    thread.join();
    // A lock that was lost would let this wait for ever.
    var after = new Thread(() -> Storage.allocate(pool, 100_000).free());
    after.setDaemon(true);
    after.start();
    after.join(10_000);
    assertFalse(after.isAlive());
  }

  /** Allocates on every level, so that the stack ends at many places of the pool. */
  @SuppressWarnings("InfiniteRecursion")
  private static void overflow(Pool pool, int level) {
    try {
      Storage small = Storage.allocate(pool, 64 + level % 1000);
      Storage large = Storage.allocate(pool, 40_000 + 64L * (level % 1000));
      overflow(pool, level + 1);
      large.free();
      small.free();
    } catch (StackOverflowError end) {
      // What the levels above hold is freed on the way back, or by the collector.
    }
  }
}
