package dev.chagres.memory;

import dev.chagres.core.Device;
import dev.chagres.memory.raw.Allocations;
import dev.chagres.memory.raw.Allocator;
import dev.chagres.memory.raw.Lane;
import java.lang.foreign.MemorySegment;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The memory of one device, or of one lane of it, cut into blocks that are reused for as long as
 * the program runs: who has which. Small blocks come from a {@link Stripe}, all others, and those
 * that no stripe has, from the {@link Supply}, which takes what is {@link Unreachable} into
 * account. The {@link Center} alone talks to the {@link Allocator}.
 */
final class Pool {
  private final Allocator allocator;
  private final Device device;
  private final Stripes stripes = new Stripes();
  private final Center center;
  private final Lanes lanes;
  private final int lane;
  private final Held held;
  private final Unreachable unreachable;
  private final Supply supply;

  Pool(Allocator allocator, long limit) {
    this(allocator, new Lanes(limit), 0);
  }

  /** Makes the pool of the first lane, or of none. */
  Pool(Allocator allocator, Lanes lanes, int lane) {
    this(allocator, lanes, lane, () -> false);
  }

  /** Makes the pool of a lane. */
  Pool(Allocator allocator, Lanes lanes, Lane lane) {
    this(allocator, lanes, lane.index(), lane::isKept);
    lane.countsMemory(this::liveBytes);
  }

  private Pool(Allocator allocator, Lanes lanes, int lane, BooleanSupplier kept) {
    this.allocator = allocator;
    this.lanes = lanes;
    this.lane = lane;
    device = allocator.device();
    center = new Center(allocator, lanes.budget, this::cachedBytes, kept);
    held = new Held(center);
    unreachable = new Unreachable(lanes.unreachable, center, this::liveBytes);
    supply = new Supply(lanes.budget, center, stripes, held, unreachable, this);
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
    lanes.forEach(pool -> pool.stripes.flush(pool.center));
    lanes.forEach(pool -> pool.center.setLimit(bytes));
  }

  /** Lets the most that was live on the device begin anew with what is. */
  void resetPeak() {
    unreachable.drain(Integer.MAX_VALUE);
    center.resetPeak();
  }

  ReferenceQueue<Object> unreachable() {
    return unreachable.queue();
  }

  // ---- storages

  /** Makes a storage, owned by the scope if there is one. */
  Storage allocate(long bytes, @Nullable Scope scope) {
    if (bytes > SizeClasses.LARGEST) {
      throw outOfMemory(bytes);
    }
    unreachable.drainSome();
    int sizeClass = SizeClasses.of(bytes);
    if (scope != null && sizeClass < SizeClasses.SCOPED) {
      return allocateInScope(sizeClass, bytes, scope);
    }
    if (sizeClass >= SizeClasses.STRIPED) {
      return begin(supply.take(sizeClass, bytes), sizeClass, bytes, scope);
    }
    Stripe stripe = stripes.lockAny();
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
    return begin(id < 0 ? supply.take(sizeClass, bytes) : id, sizeClass, bytes, scope);
  }

  /**
   * Makes a storage of up to 32 KiB in a scope. Its leases get several blocks at a time, since a
   * stripe's lock costs as much as all the rest; what they do not need goes back when the scope
   * closes.
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
    Stripe stripe = stripes.lockAny();
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
      lease.stock(supply.take(sizeClass, bytes));
    }
  }

  /** Makes the storage of a block that has just been taken, and begins a lease for it. */
  private Storage begin(int id, int sizeClass, long bytes, @Nullable Scope scope) {
    boolean shared = sizeClass < SizeClasses.SHARED;
    MemorySegment view = center.view(id, bytes);
    Anchor anchor = new Anchor(this, sizeClass, SizeClasses.sharedSlots(sizeClass));
    int bit = anchor.lease.add(id);
    Stripe stripe = stripes.lockAny();
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
    Stripe stripe = stripes.lockAny();
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
      Stripe stripe = Stripes.lockHome(lease);
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

  // ---- giving blocks back

  /**
   * Keeps the blocks of these slots for the next takers and returns how many were released for this
   * reason.
   */
  private long release(Lease lease, int bits, int event, boolean whole) {
    Stripe stripe = whole ? Stripes.lockHome(lease) : stripes.lockAny();
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
      held.add(blocks(lease, elsewhere), lease.users(elsewhere));
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
      Stripe stripe = stripes.lockAny();
      int moved = stripe.drain(lease.sizeClass, more);
      stripe.unlock();
      center.give(more, moved);
    }
  }

  /** Gives all memory that no storage holds back to the device, when no work uses it any more. */
  void emptyCache() {
    unreachable.drain(Integer.MAX_VALUE);
    emptyLanes(true);
  }

  /** Gives back what no storage of any lane holds; waits for what work still uses, or leaves it. */
  void emptyLanes(boolean waiting) {
    lanes.forEach(waiting ? Pool::emptyLane : Pool::emptySettledLane);
  }

  private void emptyLane() {
    held.await();
    emptySettledLane();
  }

  private void emptySettledLane() {
    held.settle();
    stripes.flush(center);
    center.releaseIdle();
  }

  // ---- accounts

  /** Returns the bytes in use, with those that wait in scopes' leases for storages to come. */
  long liveBytes() {
    return center.account().outBytes() - cachedBytes();
  }

  /** Returns the same of all lanes. */
  long liveBytesOfDevice() {
    long[] sum = {0};
    lanes.forEach(pool -> sum[0] += pool.liveBytes());
    return sum[0];
  }

  /** Returns the bytes of blocks that no storage has, but those in the centre. */
  private long cachedBytes() {
    return held.bytes() + stripes.bytes();
  }

  /** Returns the statistics of all lanes. */
  MemoryStats stats() {
    unreachable.drain(Integer.MAX_VALUE);
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
    long[] cached = {held.count(), held.bytes()};
    stripes.each(
        stripe -> {
          for (int i = 0; i < events.length; i++) {
            events[i] += stripe.events(i);
          }
          cached[0] += stripe.blocks();
          cached[1] += stripe.cachedBytes();
          stripe.countWaiting(waiting);
        });
    Center.Account account = center.account();
    long live = account.outBytes() - cached[1] - waiting[1];
    return new MemoryStats(
        device(),
        live,
        account.outBlocks() - cached[0] - waiting[0],
        account.peak(),
        account.reserved() - live,
        account.reserved(),
        account.limit(),
        events[Stripe.ALLOCATED] - waiting[0] + account.allocations(),
        events[Stripe.EXPLICIT],
        events[Stripe.SCOPE],
        events[Stripe.REACHABILITY],
        unreachable.collections());
  }

  /** Returns the leases of which not all slots have ended. */
  List<Lease> leases() {
    unreachable.drain(Integer.MAX_VALUE);
    List<Lease> all = new ArrayList<>();
    lanes.forEach(pool -> pool.stripes.each(stripe -> stripe.addLeasesTo(all)));
    return all;
  }

  OutOfMemoryException outOfMemory(long bytes) {
    MemoryStats stats = stats();
    boolean isDevices =
        bytes <= Math.min(SizeClasses.LARGEST, stats.limitBytes())
            && SizeClasses.capacity(SizeClasses.of(bytes))
                <= stats.limitBytes() - stats.reservedBytes();
    var shortage =
        new Report.Shortage(bytes, isPinned(), isDevices, isDevices ? allocator.unused() : -1);
    return new OutOfMemoryException(
        bytes, Report.outOfMemory(shortage, stats, leases(), unreachable.isIgnored()));
  }
}
