package dev.chagres.memory;

import dev.chagres.core.Device;
import dev.chagres.memory.raw.Allocations;
import dev.chagres.memory.raw.Allocator;
import dev.chagres.memory.raw.Lane;
import java.lang.foreign.MemorySegment;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The memory of one device, or of one lane of it, cut into blocks that are reused for as long as
 * the program runs. Small blocks come from a {@link Stripe}, all others from the {@link Center},
 * which alone talks to the {@link Allocator}.
 *
 * <p>Storages that nothing reaches any more arrive in a queue, which every allocation looks into.
 * Since their weight on the Java heap is small, the pool asks for a collection itself when {@link
 * Pressure} says so, and as a last resort before it fails.
 */
final class Pool {
  private static final int DRAIN_AT_ONCE = 256;

  /** How long each attempt to make room first waits for other threads to free something. */
  private static final long[] PAUSES = {0, 0, 50, 150};

  /** How long a thread waits for its turn before it looks again for what is free. */
  private static final long TURN_MILLIS = 5;

  private final Allocator allocator;
  private final Device device;
  private final Center center;
  private final Stripe[] stripes;
  private final Lanes lanes;
  private final int lane;
  private final ReferenceQueue<Object> unreachable;
  private final Pressure pressure = new Pressure();
  private final Held held;

  /** Held by the thread that makes room at the budget; fair, so that none of them starves. */
  private final ReentrantLock turn = new ReentrantLock(true);

  /** Whether the thread whose turn it is has made room that it has not taken yet. */
  private volatile boolean claimed;

  Pool(Allocator allocator, long limit) {
    this(allocator, new Lanes(limit), 0);
  }

  /** Makes the pool of one lane. */
  Pool(Allocator allocator, Lanes lanes, int lane) {
    this.allocator = allocator;
    this.lanes = lanes;
    this.lane = lane;
    unreachable = lanes.unreachable;
    device = allocator.device();
    int processors = Runtime.getRuntime().availableProcessors();
    stripes = new Stripe[Math.clamp(Integer.highestOneBit(4 * processors - 1), 4, 64)];
    Arrays.setAll(stripes, i -> new Stripe());
    center = new Center(allocator, lanes.budget, this::cachedBytes);
    held = new Held(center);
    lanes.add(this);
  }

  /** Returns the pool of the lane that the calling thread gives work to. */
  Pool current() {
    Lane current = allocator.lane();
    return current == null || current.index() == lane ? this : lanes.pool(allocator, current);
  }

  /** Returns the number of the lane that this pool is of. */
  int lane() {
    return lane;
  }

  /** Tells whether this is memory of the CPU for GPUs to copy from and to. */
  boolean isPinned() {
    return lane < 0;
  }

  Allocator allocator() {
    return allocator;
  }

  Device device() {
    return device;
  }

  long limit() {
    return center.limit();
  }

  void setLimit(long bytes) {
    lanes.forEach(Pool::flushStripes);
    lanes.forEach(pool -> pool.center.setLimit(bytes));
  }

  ReferenceQueue<Object> unreachable() {
    return unreachable;
  }

  // ---- storages

  /** Makes a storage, owned by the scope if there is one. */
  Storage allocate(long bytes, @Nullable Scope scope) {
    if (bytes > SizeClasses.LARGEST) {
      throw outOfMemory(bytes);
    }
    Reference<?> dead = unreachable.poll();
    if (dead != null) {
      bury(dead);
      drain(DRAIN_AT_ONCE);
    }
    int sizeClass = SizeClasses.of(bytes);
    if (scope != null && sizeClass < SizeClasses.SHARED) {
      return allocateInScope(sizeClass, bytes, scope);
    }
    if (sizeClass >= SizeClasses.STRIPED) {
      return begin(takeSlowly(sizeClass, bytes), sizeClass, bytes, scope);
    }
    Stripe stripe = lockStripe();
    int id;
    Lease lease = null;
    Anchor anchor = null;
    int bit = 0;
    try {
      id = stripe.pop(sizeClass);
      if (id >= 0 && sizeClass < SizeClasses.SHARED) {
        lease = stripe.filling(sizeClass);
        anchor = lease == null ? null : lease.get();
        if (lease != null && anchor != null) {
          bit = lease.add(id);
        }
      }
    } finally {
      stripe.unlock();
    }
    if (anchor != null) {
      return new Storage(center.view(id, bytes), bytes, anchor, bit);
    }
    return begin(id < 0 ? takeSlowly(sizeClass, bytes) : id, sizeClass, bytes, scope);
  }

  /**
   * Makes a small storage in a scope. Its leases get several blocks at a time, since a stripe's
   * lock costs as much as all the rest; what they do not need goes back when the scope closes.
   */
  private Storage allocateInScope(int sizeClass, long bytes, Scope scope) {
    Lease lease = scope.filling(this, sizeClass);
    Anchor anchor = lease == null || lease.isFull() ? null : lease.get();
    if (lease == null || anchor == null) {
      int slots = SizeClasses.scopedSlots(sizeClass);
      int wanted = lease == null ? 1 : slots;
      anchor = new Anchor(this, sizeClass, slots);
      lease = anchor.lease;
      stock(lease, wanted, bytes, true);
      scope.fill(lease);
    } else if (!lease.isStocked()) {
      stock(lease, lease.wanted(), bytes, false);
    }
    int bit = lease.take();
    return new Storage(center.view(lease.block(bit), bytes), bytes, anchor, bit);
  }

  /** Gets at least one block for a lease, and as many as are wanted if a stripe has them. */
  private void stock(Lease lease, int wanted, long bytes, boolean isNew) {
    int most = Allocations.observer() == null ? wanted : 1; // who looks on is told what is live
    int sizeClass = lease.sizeClass;
    Stripe stripe = lockStripe();
    try {
      if (isNew) {
        stripe.register(lease);
      }
      int id = 0;
      for (int i = 0; i < most && id >= 0; i++) {
        id = stripe.pop(sizeClass);
        if (id >= 0) {
          lease.stock(id);
        }
      }
    } finally {
      stripe.unlock();
    }
    if (!lease.isStocked()) {
      lease.stock(takeSlowly(sizeClass, bytes));
    }
  }

  /** Makes the storage of a block that has just been taken, and begins a lease for it. */
  private Storage begin(int id, int sizeClass, long bytes, @Nullable Scope scope) {
    boolean shared = sizeClass < SizeClasses.SHARED;
    MemorySegment view = center.view(id, bytes);
    Anchor anchor = new Anchor(this, sizeClass, SizeClasses.sharedSlots(sizeClass));
    int bit = anchor.lease.add(id);
    Stripe stripe = lockStripe();
    try {
      stripe.register(anchor.lease);
      if (shared && scope == null) {
        // A lease that was being filled is left as it is; the collector will report it.
        stripe.fill(anchor.lease);
      }
    } finally {
      stripe.unlock();
    }
    if (scope != null) {
      scope.fill(anchor.lease);
    }
    return new Storage(view, bytes, anchor, bit);
  }

  /** Begins a lease of its own for a block that changes hands. */
  Anchor beginSolo(int id, int sizeClass) {
    Anchor anchor = new Anchor(this, sizeClass, 1);
    anchor.lease.add(id);
    Stripe stripe = lockStripe();
    try {
      stripe.register(anchor.lease);
    } finally {
      stripe.unlock();
    }
    return anchor;
  }

  /** Lets a slot's block go to another lease; false if the slot had ended before. */
  boolean hand(Lease lease, int bit) {
    int before = lease.end(bit);
    if ((before & bit) != 0) {
      return false;
    }
    if ((before | bit) == lease.all()) {
      Stripe stripe = home(lease);
      lock(stripe);
      try {
        stripe.unregister(lease);
      } finally {
        stripe.unlock();
      }
    }
    return true;
  }

  /**
   * Ends slots of a lease and takes their blocks back, unless they have ended before. Slots whose
   * segment, in the user's hands, is inside a native call go on.
   *
   * @param event the {@link Stripe} event to count
   */
  Ending end(Lease lease, int bits, int event) {
    int busy = lease.closeExposed(lease.live(bits));
    int wanted = bits & ~busy;
    int before = lease.end(wanted);
    int won = wanted & ~before;
    if (won == 0) {
      return new Ending(busy, 0);
    }
    // If a thread exposed the memory just now and calls native code with it, the block is lost
    // rather than shared.
    int lost = lease.closeExposed(won);
    return new Ending(busy, release(lease, won & ~lost, event, (before | won) == lease.all()));
  }

  /**
   * How slots ended.
   *
   * @param busy the slots that did not
   * @param count how many storages have ended in this way so far, 0 if none did now
   */
  record Ending(int busy, long count) {}

  // ---- taking blocks

  // All of them return a block's number, or -1.

  private int takeStriped(int sizeClass) {
    if (sizeClass >= SizeClasses.STRIPED) {
      return -1;
    }
    Stripe stripe = lockStripe();
    int id = stripe.pop(sizeClass);
    stripe.unlock();
    return id;
  }

  private int takeCentral(int sizeClass) {
    boolean striped = sizeClass < SizeClasses.STRIPED;
    int[] ids = new int[striped ? SizeClasses.stripeLimit(sizeClass) / 2 : 1];
    int taken = center.take(sizeClass, ids);
    int left = taken;
    if (taken > 1) {
      Stripe stripe = lockStripe();
      while (left > 1 && stripe.push(sizeClass, ids[left - 1])) {
        left--;
      }
      stripe.unlock();
    }
    if (left > 1) {
      center.give(Arrays.copyOfRange(ids, 1, left), left - 1);
    }
    return taken == 0 ? -1 : ids[0];
  }

  private int takeFree(int sizeClass) {
    int id = takeStriped(sizeClass);
    return id >= 0 ? id : takeCentral(sizeClass);
  }

  private int takeSlowly(int sizeClass, long bytes) {
    if (bytes > limit()) {
      throw outOfMemory(bytes); // whatever would be freed
    }
    int id = takePassing(sizeClass);
    return id >= 0 ? id : takeInTurn(sizeClass, bytes);
  }

  /**
   * Takes a block without pressing anyone, but not what another thread has just made room for: else
   * it could lose that again and again.
   */
  private int takePassing(int sizeClass) {
    return claimed && sizeClass >= SizeClasses.STRIPED ? -1 : takeWithinBudget(sizeClass);
  }

  /** Takes what is free, was found unreachable, or is fresh from the allocator. */
  private int takeWithinBudget(int sizeClass) {
    int id = takeFree(sizeClass);
    while (id < 0) {
      if (held.settle() == 0 && drain(Integer.MAX_VALUE) == 0) {
        if (pressure.isDue(liveBytes(), limit())) {
          collect();
        } else if (!center.grow(sizeClass)) {
          return -1;
        }
      }
      id = takeFree(sizeClass);
    }
    return id;
  }

  /** Makes room, one thread after the other; those who wait take what they can in the meantime. */
  private int takeInTurn(int sizeClass, long bytes) {
    while (!awaitTurn()) {
      int id = takePassing(sizeClass);
      if (id >= 0) {
        return id;
      }
    }
    try {
      int id = takeWithinBudget(sizeClass);
      for (int attempt = 0; id < 0; attempt++) {
        if (attempt == PAUSES.length) {
          throw outOfMemory(bytes);
        }
        pause(PAUSES[attempt]);
        claimed = true;
        makeRoom(attempt);
        id = takeWithinBudget(sizeClass);
        claimed = false;
      }
      return id;
    } finally {
      claimed = false;
      turn.unlock();
    }
  }

  private boolean awaitTurn() {
    try {
      return turn.tryLock(TURN_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      turn.lock();
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** Frees what it can, gently at first. */
  private void makeRoom(int attempt) {
    if (attempt > 0) {
      collect();
    }
    lanes.forEach(attempt > 0 ? Pool::emptyLane : Pool::emptySettledLane);
  }

  private void emptyLane() {
    held.await();
    emptySettledLane();
  }

  private void emptySettledLane() {
    held.settle();
    flushStripes();
    center.releaseIdle();
  }

  private static void pause(long millis) {
    if (millis == 0) {
      return;
    }
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- giving blocks back

  /**
   * Keeps the blocks of these slots for the next takers and returns how many were released for this
   * reason.
   */
  private long release(Lease lease, int bits, int event, boolean whole) {
    Stripe stripe = whole ? home(lease) : lockStripe();
    if (whole) {
      lock(stripe);
    }
    int spilled = 0;
    int blocks = 0;
    int unused = 0;
    int elsewhere = lease.used(bits);
    long count;
    try {
      if (whole) {
        stripe.unregister(lease);
      }
      for (int rest = bits; rest != 0; rest &= rest - 1) {
        int id = lease.block(rest);
        if (id >= 0) {
          if (lease.isTaken(Integer.lowestOneBit(rest))) {
            blocks++;
          } else {
            unused++;
          }
          if ((elsewhere & Integer.lowestOneBit(rest)) == 0 && !stripe.push(lease.sizeClass, id)) {
            spilled |= Integer.lowestOneBit(rest);
          }
        }
      }
      stripe.count(Stripe.ALLOCATED, -unused);
      count = stripe.count(event, blocks);
    } finally {
      stripe.unlock();
    }
    if (spilled != 0) {
      spill(lease, spilled);
    }
    if (elsewhere != 0) {
      held.add(blocks(lease, elsewhere), lease.sizeClass, lease.users(elsewhere));
    }
    return count;
  }

  private static int[] blocks(Lease lease, int bits) {
    int[] ids = new int[Integer.bitCount(bits)];
    int count = 0;
    for (int rest = bits; rest != 0; rest &= rest - 1) {
      ids[count++] = lease.block(rest);
    }
    return ids;
  }

  /**
   * Gives the blocks of these slots to the centre, with half of what a stripe has of their class.
   */
  private void spill(Lease lease, int bits) {
    int[] ids = blocks(lease, bits);
    center.give(ids, ids.length);
    if (lease.sizeClass < SizeClasses.STRIPED) {
      int[] more = new int[SizeClasses.stripeLimit(lease.sizeClass) / 2];
      Stripe stripe = lockStripe();
      int moved = stripe.drain(lease.sizeClass, more);
      stripe.unlock();
      center.give(more, moved);
    }
  }

  /** Gives all memory that no storage holds back to the device, when no work uses it any more. */
  void emptyCache() {
    drain(Integer.MAX_VALUE);
    lanes.forEach(Pool::emptyLane);
  }

  private void flushStripes() {
    int[] ids = new int[SizeClasses.MOST_STRIPED];
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
      case Lease lease -> lease.pool.end(lease, lease.all(), Stripe.REACHABILITY).count > 0 ? 1 : 0;
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

  private static Stripe home(Lease lease) {
    return Objects.requireNonNull(lease.stripe, "a lease is registered when it begins");
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

  /** Returns the bytes of blocks that no storage has, but those in the centre. */
  private long cachedBytes() {
    long sum = held.bytes();
    for (Stripe stripe : stripes) {
      sum += stripe.cachedBytes();
    }
    return sum;
  }

  // ---- accounts

  /** Returns the bytes in use, with those that wait in scopes' leases for storages to come. */
  long liveBytes() {
    return center.account().outBytes() - cachedBytes();
  }

  /** Returns the statistics of all lanes. */
  MemoryStats stats() {
    drain(Integer.MAX_VALUE);
    List<MemoryStats> all = new ArrayList<>();
    lanes.forEach(pool -> all.add(pool.statsOfLane()));
    MemoryStats sum = all.removeFirst();
    for (MemoryStats each : all) {
      sum = sum.and(each);
    }
    return sum;
  }

  private MemoryStats statsOfLane() {
    long[] events = new long[4];
    long[] waiting = new long[2];
    long cachedBytes = held.bytes();
    long cachedBlocks = held.count();
    for (Stripe stripe : stripes) {
      lock(stripe);
      for (int i = 0; i < events.length; i++) {
        events[i] += stripe.events(i);
      }
      cachedBytes += stripe.cachedBytes();
      cachedBlocks += stripe.blocks();
      stripe.countWaiting(waiting);
      stripe.unlock();
    }
    Center.Account account = center.account();
    long live = account.outBytes() - cachedBytes - waiting[1];
    return new MemoryStats(
        device(),
        live,
        account.outBlocks() - cachedBlocks - waiting[0],
        account.peak(),
        account.reserved() - live,
        account.reserved(),
        account.limit(),
        events[Stripe.ALLOCATED] - waiting[0] + account.allocations(),
        events[Stripe.EXPLICIT],
        events[Stripe.SCOPE],
        events[Stripe.REACHABILITY],
        pressure.collections());
  }

  /** Returns the leases of which not all slots have ended. */
  List<Lease> leases() {
    drain(Integer.MAX_VALUE);
    List<Lease> all = new ArrayList<>();
    lanes.forEach(pool -> pool.addLeasesTo(all));
    return all;
  }

  private void addLeasesTo(List<Lease> all) {
    for (Stripe stripe : stripes) {
      lock(stripe);
      stripe.addLeasesTo(all);
      stripe.unlock();
    }
  }

  private OutOfMemoryException outOfMemory(long bytes) {
    return new OutOfMemoryException(
        bytes, Report.outOfMemory(bytes, stats(), leases(), pressure.isIgnored()));
  }
}
