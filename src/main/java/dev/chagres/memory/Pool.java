package dev.chagres.memory;

import dev.chagres.core.Device;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The memory of one device, cut into blocks that are reused for as long as the program runs. Small
 * blocks come from a {@link Stripe}, all others from the {@link Center}, which alone talks to the
 * {@link Allocator}.
 *
 * <p>Storages that nothing reaches any more arrive in a queue, which every allocation looks into.
 * Since their weight on the Java heap is small, the pool asks for a collection itself when {@link
 * Pressure} says so, and as a last resort before it fails.
 */
final class Pool {
  private static final int DRAIN_AT_ONCE = 256;
  private static final int ATTEMPTS = 4;

  private final Allocator allocator;
  private final Center center;
  private final Stripe[] stripes;
  private final ReferenceQueue<Object> unreachable = new ReferenceQueue<>();
  private final Pressure pressure = new Pressure();

  Pool(Allocator allocator, long limit) {
    this.allocator = allocator;
    int processors = Runtime.getRuntime().availableProcessors();
    stripes = new Stripe[Math.clamp(Integer.highestOneBit(4 * processors - 1), 4, 64)];
    Arrays.setAll(stripes, i -> new Stripe());
    center = new Center(this, allocator, limit, this::stripedBytes);
  }

  Allocator allocator() {
    return allocator;
  }

  Device device() {
    return allocator.device();
  }

  long limit() {
    return center.limit();
  }

  void setLimit(long bytes) {
    flushStripes();
    center.setLimit(bytes);
  }

  // ---- leases

  /** Begins a lease of a block with this many bytes at least. */
  Lease lease(Storage storage, long bytes) {
    Block block = take(bytes);
    try {
      Lease lease = new Lease(storage, unreachable, block, block.view(bytes));
      block.lease(lease);
      return lease;
    } catch (Throwable e) {
      release(block, Stripe.EXPLICIT);
      throw e;
    }
  }

  /** How a lease ended. */
  enum Ending {
    /** It had ended before. */
    BEFORE,
    /** Now, as one of the first of its kind, whose places are worth recording. */
    EARLY,
    /** Now. */
    NOW
  }

  /**
   * Ends a lease and takes the block back, unless it has ended before.
   *
   * @param event the {@link Stripe} event to count
   * @throws IllegalStateException if a segment exposed to the user is inside a native call; the
   *     lease goes on then
   */
  Ending end(Lease lease, int event) {
    lease.closeExposed();
    if (!lease.block.end(lease)) {
      return Ending.BEFORE;
    }
    lease.segment = null;
    // If a thread exposed the memory just now and calls native code with it, the block is lost
    // rather than shared.
    lease.closeExposed();
    return release(lease.block, event) <= 256 ? Ending.EARLY : Ending.NOW;
  }

  // ---- taking blocks

  private Block take(long bytes) {
    if (bytes > SizeClasses.LARGEST) {
      throw outOfMemory(bytes);
    }
    Reference<?> dead = unreachable.poll();
    if (dead != null) {
      bury(dead);
      drain(DRAIN_AT_ONCE);
    }
    int sizeClass = SizeClasses.of(bytes);
    Block block = takeStriped(sizeClass);
    return block != null ? block : takeSlowly(sizeClass, bytes);
  }

  private @Nullable Block takeStriped(int sizeClass) {
    if (sizeClass >= SizeClasses.STRIPED) {
      return null;
    }
    Stripe stripe = lockStripe();
    int id = stripe.pop(sizeClass);
    stripe.unlock();
    return id < 0 ? null : center.block(id);
  }

  private @Nullable Block takeCentral(int sizeClass) {
    boolean striped = sizeClass < SizeClasses.STRIPED;
    int[] ids = new int[striped ? SizeClasses.stripeLimit(sizeClass) / 2 : 1];
    int taken = center.take(sizeClass, ids);
    if (taken == 0) {
      return null;
    }
    int next = 1;
    if (taken > 1) {
      Stripe stripe = lockStripe();
      while (next < taken && stripe.push(sizeClass, ids[next])) {
        next++;
      }
      stripe.unlock();
    }
    if (next < taken) {
      System.arraycopy(ids, next, ids, 1, taken - next);
      int first = ids[0];
      System.arraycopy(ids, 1, ids, 0, taken - next);
      center.give(ids, taken - next);
      return center.block(first);
    }
    return center.block(ids[0]);
  }

  private @Nullable Block takeFree(int sizeClass) {
    Block block = takeStriped(sizeClass);
    return block != null ? block : takeCentral(sizeClass);
  }

  private Block takeSlowly(int sizeClass, long bytes) {
    int attempt = 0;
    Block block = takeCentral(sizeClass);
    while (block == null) {
      if (drain(Integer.MAX_VALUE) == 0) {
        if (pressure.isDue(liveBytes(), limit())) {
          collect();
        } else if (!center.grow(sizeClass)) {
          if (attempt == ATTEMPTS) {
            throw outOfMemory(bytes);
          }
          makeRoom(attempt++);
        }
      }
      block = takeFree(sizeClass);
    }
    return block;
  }

  /**
   * Frees what it can, gently at first; the last attempts also wait for other threads to free
   * something.
   */
  private void makeRoom(int attempt) {
    if (attempt > 0) {
      collect();
    }
    if (attempt > 1) {
      pause(10L * attempt);
    }
    flushStripes();
    center.releaseIdle();
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- giving blocks back

  /** Keeps a block for the next taker and returns how many were released for this reason. */
  private long release(Block block, int event) {
    int sizeClass = block.sizeClass();
    if (sizeClass >= SizeClasses.STRIPED) {
      return center.give(block, event);
    }
    Stripe stripe = lockStripe();
    long count = stripe.count(event);
    boolean kept = stripe.push(sizeClass, block.id);
    stripe.unlock();
    if (!kept) {
      spill(sizeClass, block.id);
    }
    return count;
  }

  private void spill(int sizeClass, int id) {
    int[] ids = new int[SizeClasses.stripeLimit(sizeClass) / 2 + 1];
    ids[0] = id;
    int[] moved = new int[ids.length - 1];
    Stripe stripe = lockStripe();
    int count = stripe.drain(sizeClass, moved);
    stripe.unlock();
    System.arraycopy(moved, 0, ids, 1, count);
    center.give(ids, count + 1);
  }

  /** Gives all memory that no storage holds back to the device. */
  void emptyCache() {
    drain(Integer.MAX_VALUE);
    flushStripes();
    center.releaseIdle();
  }

  private void flushStripes() {
    int[] ids = new int[64];
    for (Stripe stripe : stripes) {
      for (int sizeClass = 0; sizeClass < SizeClasses.STRIPED; sizeClass++) {
        lock(stripe);
        int count = stripe.drain(sizeClass, ids);
        stripe.unlock();
        if (count > 0) {
          center.give(ids, count);
        }
      }
    }
  }

  // ---- unreachable storages

  /**
   * Takes in what the collector has found, up to a number of storages, and returns how many there
   * were.
   */
  private int drain(int most) {
    int count = 0;
    while (count < most) {
      Reference<?> dead = unreachable.poll();
      if (dead == null) {
        break;
      }
      count += bury(dead);
    }
    return count;
  }

  private int bury(Reference<?> dead) {
    return switch (dead) {
      case Lease lease -> end(lease, Stripe.REACHABILITY) == Ending.BEFORE ? 0 : 1;
      case Sentinel sentinel -> {
        sentinel.seen = true;
        yield 0;
      }
      default -> 0;
    };
  }

  /** Tells that a collection has come far enough to report unreachable objects. */
  private static final class Sentinel extends PhantomReference<Object> {
    volatile boolean seen;

    Sentinel(ReferenceQueue<Object> queue) {
      super(new Object(), queue);
    }
  }

  /**
   * Asks the JVM for a collection and takes in what it finds; if another thread is just doing so,
   * waits for that.
   */
  private void collect() {
    long before = pressure.collections();
    pressure.lock.lock();
    try {
      if (pressure.collections() == before) {
        long start = System.nanoTime();
        Sentinel sentinel = new Sentinel(unreachable);
        System.gc();
        awaitReports(sentinel);
        pressure.collected(start, liveBytes(), limit(), sentinel.seen);
      }
    } finally {
      pressure.lock.unlock();
    }
  }

  /**
   * The JVM reports unreachable objects from a thread of its own, some time after the collection.
   * They have all come when the sentinel has and the queue stays empty; without the sentinel
   * nothing will come.
   */
  private void awaitReports(Sentinel sentinel) {
    boolean interrupted = false;
    long patience = 100_000_000;
    long deadline = System.nanoTime() + patience;
    while (System.nanoTime() < deadline) {
      try {
        Reference<?> dead = unreachable.remove(2);
        if (dead != null) {
          bury(dead);
          drain(Integer.MAX_VALUE);
          deadline = System.nanoTime() + patience;
        } else if (sentinel.seen) {
          break;
        }
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- stripes

  /** Returns a stripe that this thread now holds; no thread ever waits for a particular one. */
  private Stripe lockStripe() {
    int mask = stripes.length - 1;
    int at = (int) Thread.currentThread().threadId();
    Stripe stripe = stripes[at & mask];
    for (int tries = 1; !stripe.tryLock(); tries++) {
      relax(tries, mask);
      stripe = stripes[(at + tries) & mask];
    }
    return stripe;
  }

  private static void lock(Stripe stripe) {
    for (int tries = 1; !stripe.tryLock(); tries++) {
      relax(tries, 15);
    }
  }

  private static void relax(int tries, int mask) {
    if ((tries & mask) == 0) {
      Thread.yield();
    } else {
      Thread.onSpinWait();
    }
  }

  private long stripedBytes() {
    long sum = 0;
    for (Stripe stripe : stripes) {
      sum += stripe.cachedBytes();
    }
    return sum;
  }

  // ---- accounts

  private long liveBytes() {
    return center.account().outBytes() - stripedBytes();
  }

  MemoryStats stats() {
    drain(Integer.MAX_VALUE);
    long[] events = new long[4];
    long stripedBytes = 0;
    long stripedBlocks = 0;
    for (Stripe stripe : stripes) {
      lock(stripe);
      for (int i = 0; i < events.length; i++) {
        events[i] += stripe.events(i);
      }
      stripedBytes += stripe.cachedBytes();
      stripedBlocks += stripe.blocks();
      stripe.unlock();
    }
    Center.Account account = center.account();
    for (int i = 0; i < events.length; i++) {
      events[i] += account.events().get(i);
    }
    long live = account.outBytes() - stripedBytes;
    return new MemoryStats(
        device(),
        live,
        account.outBlocks() - stripedBlocks,
        account.peak(),
        account.reserved() - live,
        account.reserved(),
        account.limit(),
        events[Stripe.ALLOCATED],
        events[Stripe.EXPLICIT],
        events[Stripe.SCOPE],
        events[Stripe.REACHABILITY],
        pressure.collections());
  }

  /** Returns the leases that have not ended. */
  List<Lease> leases() {
    drain(Integer.MAX_VALUE);
    return center.leases();
  }

  private OutOfMemoryException outOfMemory(long bytes) {
    return new OutOfMemoryException(
        bytes, Report.outOfMemory(bytes, stats(), leases(), pressure.isIgnored()));
  }
}
