package dev.chagres.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.Scratch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Many threads at once; every storage is filled with a number of its own, which must still be there
 * at its end.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ConcurrencyTest {
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private static void mark(Storage storage, long number) {
    MemorySegment segment = storage.segment();
    segment.set(LONG, 0, number);
    segment.set(LONG, (storage.byteSize() - 8) & ~7L, number);
  }

  private static void check(Storage storage, long number) {
    MemorySegment segment = storage.segment();
    assertEquals(number, segment.get(LONG, 0));
    assertEquals(number, segment.get(LONG, (storage.byteSize() - 8) & ~7L));
  }

  private static long size(SplittableRandom random) {
    return random.nextInt(20) == 0 ? random.nextLong(8, 600_000) : random.nextLong(8, 3000);
  }

  private record Marked(Storage storage, long number) {
    static Marked make(Pool pool, SplittableRandom random) {
      Storage storage = Storage.allocate(pool, size(random));
      long number = random.nextLong();
      mark(storage, number);
      return new Marked(storage, number);
    }

    void end() {
      check(storage, number);
      storage.free();
    }
  }

  /** Makes, checks and frees, explicitly, by scopes, by escaping, and by just dropping. */
  private static void hammer(Pool pool, long seed, int rounds) {
    var random = new SplittableRandom(seed);
    List<Marked> live = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      switch (random.nextInt(5)) {
        case 0, 1 -> live.add(Marked.make(pool, random));
        case 2 -> {
          if (!live.isEmpty()) {
            live.remove(random.nextInt(live.size())).end();
          }
        }
        case 3 -> {
          try (var scope = Scope.open()) {
            Marked kept = Marked.make(pool, random);
            Marked escaped = Marked.make(pool, random);
            Marked.make(pool, random).end();
            Marked closed = Marked.make(pool, random);
            scope.keep(kept.storage);
            escaped.storage.escape();
            live.add(kept);
            live.add(escaped);
            check(closed.storage, closed.number);
          }
        }
        default -> Marked.make(pool, random);
      }
      if (live.size() > 60) {
        live.removeFirst().end();
        live.removeLast().end();
      }
    }
    live.forEach(Marked::end);
  }

  private static void hammerOn(ExecutorService threads, int tasks, int rounds) throws Exception {
    var pool = new Pool(new HostAllocator(), 1L << 30);
    try (threads) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < tasks; i++) {
        long seed = i;
        running.add(threads.submit(() -> hammer(pool, seed, rounds)));
      }
      for (int i = 0; i < 10; i++) {
        System.gc();
        Thread.sleep(20);
        pool.stats();
        pool.emptyCache();
      }
      for (Future<?> each : running) {
        each.get();
      }
    }
    MemoryStats stats = pool.stats();
    PoolTest.assertAddsUp(stats);
    assertTrue(stats.freedByReachability() > 0, stats::toString);
    for (int i = 0; i < 200 && pool.stats().liveStorages() > 0; i++) {
      System.gc();
      Thread.sleep(5);
      fillLeases(pool);
    }
    assertEquals(0, pool.stats().liveStorages(), () -> pool.stats().toString());
  }

  /** Completes the leases that are being filled, so that the collector can report them. */
  private static void fillLeases(Pool pool) {
    for (int i = 0; i < 8; i++) {
      Storage.allocate(pool, 8).free();
    }
  }

  @Test
  void platformThreads() throws Exception {
    hammerOn(Executors.newFixedThreadPool(16), 16, 15_000);
  }

  @Test
  void virtualThreads() throws Exception {
    hammerOn(Executors.newVirtualThreadPerTaskExecutor(), 500, 400);
  }

  @Test
  void madeOnOneThreadFreedOnAnother() throws Exception {
    var pool = new Pool(new HostAllocator(), 1L << 30);
    var queue = new ArrayBlockingQueue<Marked>(100);
    int count = 50_000;
    Thread maker =
        Thread.ofPlatform()
            .start(
                () -> {
                  var random = new SplittableRandom(1);
                  try {
                    for (int i = 0; i < count; i++) {
                      queue.put(Marked.make(pool, random));
                    }
                  } catch (InterruptedException e) {
                    throw new AssertionError(e);
                  }
                });
    for (int i = 0; i < count; i++) {
      queue.take().end();
    }
    maker.join();
    MemoryStats stats = pool.stats();
    assertEquals(0, stats.liveStorages(), stats::toString);
    assertEquals(count, stats.freedExplicitly(), stats::toString);
  }

  @Test
  void oneStorageFreedByManyIsFreedOnce() throws Exception {
    var pool = new Pool(new HostAllocator(), 1L << 30);
    var rounds = 2000;
    var storages = new Storage[rounds];
    for (int i = 0; i < rounds; i++) {
      storages[i] = Storage.allocate(pool, i % 2 == 0 ? 64 : 100_000);
    }
    var next = new AtomicInteger();
    try (var threads = Executors.newFixedThreadPool(8)) {
      for (int t = 0; t < 8; t++) {
        threads.execute(
            () -> {
              int all = next.getAndIncrement();
              for (int i = 0; i < rounds; i++) {
                storages[(i + all) % rounds].free();
              }
            });
      }
    }
    MemoryStats stats = pool.stats();
    assertEquals(rounds, stats.freedExplicitly(), stats::toString);
    assertEquals(0, stats.liveStorages(), stats::toString);
  }

  @Test
  void manyThreadsAtTheBudgetShareIt() throws Exception {
    var pool = new Pool(new HostAllocator(), 24L << 20);
    List<Future<?>> running = new ArrayList<>();
    try (var threads = Executors.newFixedThreadPool(7)) {
      for (int t = 0; t < 7; t++) {
        running.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 15; i++) {
                    Storage.allocate(pool, 3 << 20).segment().fill((byte) i);
                  }
                }));
      }
    }
    for (Future<?> each : running) {
      each.get();
    }
  }

  @Test
  void aThreadThatWaitsForRoomLetsOthersPass() throws Exception {
    var pool = new Pool(new HostAllocator(), 10L << 20);
    Storage most = Storage.allocate(pool, 6 << 20);
    try (var threads = Executors.newSingleThreadExecutor()) {
      Future<Storage> waiting = threads.submit(() -> Storage.allocate(pool, 5 << 20));
      while (pool.stats().collections() == 0) {
        Thread.onSpinWait();
      }
      Storage more = Storage.allocate(pool, 1 << 20);
      most.free();
      waiting.get().free();
      more.free();
    }
    assertEquals(0, pool.stats().liveStorages(), () -> pool.stats().toString());
  }

  @Test
  void scratchesNestAndDoNotMix() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (int t = 0; t < 200; t++) {
        long number = t;
        running.add(threads.submit(() -> scratch(number, 12)));
      }
      for (Future<?> each : running) {
        each.get();
      }
    }
  }

  private static void scratch(long number, int depth) {
    try (var scratch = Scratch.take(depth % 3 == 0 ? 10_000 : 100)) {
      MemorySegment first = scratch.allocateFrom(LONG, number);
      MemorySegment second = scratch.allocate(3, 1);
      MemorySegment third = scratch.allocateFrom(LONG, depth);
      second.fill((byte) depth);
      assertEquals(0, third.address() % 8);
      Thread.yield();
      if (depth > 0) {
        scratch(number + 1000, depth - 1);
      }
      assertEquals(number, first.get(LONG, 0));
      assertEquals(depth, third.get(LONG, 0));
      assertEquals(depth, second.get(ValueLayout.JAVA_BYTE, 2));
    }
  }
}
