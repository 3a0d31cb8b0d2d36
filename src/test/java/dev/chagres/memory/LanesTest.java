package dev.chagres.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.Device;
import dev.chagres.memory.PoolTest.Imaginary;
import dev.chagres.memory.raw.AllocationObserver;
import dev.chagres.memory.raw.Allocations;
import dev.chagres.memory.raw.Allocator;
import dev.chagres.memory.raw.Lane;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.memory.raw.RawStorage;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * The pools of a device's lanes, over invented memory and lanes whose work ends when a test says.
 */
class LanesTest {
  private static final long MIB = 1 << 20;

  /** A lane that has done what it was given up to some mark. */
  private static final class Work implements Lane {
    private final int index;
    private volatile long given;
    private volatile long done;
    private int open;
    private volatile boolean kept;

    Work(int index) {
      this.index = index;
    }

    @Override
    public int index() {
      return index;
    }

    @Override
    public boolean isKept() {
      return kept;
    }

    @Override
    public synchronized Mark mark() {
      long at = ++given;
      open++;
      return new Mark() {
        @Override
        public boolean isDone() {
          return done >= at;
        }

        @Override
        public boolean isAwaitable() {
          return !kept;
        }

        @Override
        public void await() {
          done = Math.max(done, at);
        }

        @Override
        public void close() {
          synchronized (Work.this) {
            open--;
          }
        }
      };
    }

    void finish() {
      done = given;
    }
  }

  /** Invented memory, for the lane that a thread says it is in. */
  private static final class Laned implements Allocator {
    final Imaginary memory = new Imaginary();
    final Work[] lanes = {new Work(0), new Work(1), new Work(2)};
    final ThreadLocal<Integer> current = ThreadLocal.withInitial(() -> 0);
    final Pool first;

    Laned(long limit) {
      first = new Pool(this, limit);
    }

    Storage allocate(int lane, long bytes) {
      current.set(lane);
      return Storage.allocate(first.current(), bytes);
    }

    @Override
    public Device device() {
      return memory.device();
    }

    @Override
    public long allocate(long bytes) {
      return memory.allocate(bytes);
    }

    @Override
    public void free(long address, long bytes) {
      memory.free(address, bytes);
    }

    @Override
    public MemorySegment view(long address, long bytes) {
      return memory.view(address, bytes);
    }

    @Override
    public Lane lane() {
      return lanes[current.get()];
    }

    @Override
    public long capacity() {
      return memory.capacity();
    }
  }

  @Test
  void memoryOfALaneThatIsKeptStays() {
    var device = new Laned(64 * MIB);
    device.lanes[1].kept = true;
    device.allocate(1, 32 * MIB).free();
    Storage used = device.allocate(0, 16 * MIB);
    RawMemory.use(used, device.lanes[1]);
    used.free();
    device.first.emptyCache();
    assertEquals(48 * MIB, device.first.stats().reservedBytes());
    assertEquals(0, device.first.stats().liveBytes());
    device.allocate(0, 16 * MIB).free();
    assertThrows(OutOfMemoryException.class, () -> device.allocate(0, 20 * MIB));
    device.allocate(1, 32 * MIB).free(); // it has its own
    device.lanes[1].kept = false;
    device.lanes[1].finish();
    device.allocate(0, 60 * MIB).free();
    device.first.emptyCache();
    assertEquals(0, device.first.stats().reservedBytes());
    assertEquals(0, device.lanes[1].open);
  }

  @Test
  void thePeakIsWhatAllLanesHadAtOneTime() {
    var device = new Laned(1L << 30);
    for (int round = 0; round < 3; round++) {
      for (int lane = 0; lane < 3; lane++) {
        device.allocate(lane, 16 * MIB).free();
      }
    }
    assertEquals(16 * MIB, device.first.stats().peakBytes());
    Storage one = device.allocate(0, 16 * MIB);
    Storage other = device.allocate(1, 16 * MIB);
    assertEquals(32 * MIB, device.first.stats().peakBytes());
    one.free();
    other.free();
    PoolTest.assertAddsUp(device.first.stats());
  }

  @Test
  void whatAnotherLaneStillUsesIsNotLive() {
    var device = new Laned(1L << 30);
    device.allocate(0, 18 * MIB).free();
    Storage smaller = device.allocate(0, 16 * MIB); // in the block that is there, of 18 MiB
    assertEquals(18 * MIB, device.first.stats().reservedBytes());
    RawMemory.use(smaller, device.lanes[1]);
    smaller.free();
    MemoryStats held = device.first.stats();
    assertEquals(0, held.liveBytes(), held::toString);
    assertEquals(0, held.liveStorages(), held::toString);
    device.lanes[1].finish();
    device.first.emptyCache();
    assertEquals(0, device.first.stats().reservedBytes());
    assertEquals(0, device.lanes[1].open, "marks are closed");
  }

  @Test
  void whoLooksOnIsToldWhatIsLiveInAllLanes() {
    var device = new Laned(1L << 30);
    Storage one = device.allocate(0, 16 * MIB);
    List<Long> seen = new ArrayList<>();
    Allocations.observe(
        new AllocationObserver() {
          @Override
          public <S extends RawStorage> S allocate(
              long bytes, Supplier<S> allocation, LongSupplier live) {
            S made = allocation.get();
            seen.add(live.getAsLong());
            return made;
          }
        });
    Storage other;
    try {
      other = device.allocate(1, 16 * MIB);
    } finally {
      Allocations.observe(null);
    }
    assertEquals(List.of(32 * MIB), seen);
    one.free();
    other.free();
  }

  @Test
  void threadsOfSeveralLanesShareABudgetThatHasRoomForOne() throws Exception {
    var device = new Laned(32 * MIB);
    List<Future<?>> ends = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      for (int lane = 0; lane < 3; lane++) {
        int own = lane;
        ends.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 150; i++) {
                    Storage most = device.allocate(own, 20 * MIB);
                    Thread.onSpinWait();
                    if (i % 16 == 0) {
                      Thread.sleep(1);
                    }
                    most.free();
                  }
                  return null;
                }));
      }
    }
    for (Future<?> end : ends) {
      assertNull(end.get());
    }
    MemoryStats stats = device.first.stats();
    assertTrue(stats.peakBytes() <= 32 * MIB, stats::toString);
    PoolTest.assertAddsUp(stats);
  }

  @Test
  void blocksOfALaneAreReusedInItAlone() {
    var device = new Laned(1L << 30);
    Storage small = device.allocate(1, 100);
    long address = RawMemory.of(small).address();
    small.free();
    assertTrue(RawMemory.of(device.allocate(0, 100)).address() != address);
    assertEquals(address, RawMemory.of(device.allocate(1, 100)).address());
  }

  @Test
  void anIdleSlabIsNotCutAnewWhileAnotherLaneUsesABlock() {
    var device = new Laned(2 * MIB);
    Storage one = device.allocate(0, 20_000);
    long address = RawMemory.of(one).address();
    RawMemory.use(one, device.lanes[1]);
    one.free();
    List<Storage> others = new ArrayList<>();
    for (int i = 0; i < 16; i++) { // one more class needs each of them
      Storage other = device.allocate(0, 1000);
      others.add(other);
      long at = RawMemory.of(other).address();
      assertTrue(at + 1024 <= address || at >= address + 20_480, "the block is still in use");
    }
    device.lanes[1].finish();
    others.forEach(Storage::free);
    PoolTest.assertAddsUp(device.first.stats());
  }
}
