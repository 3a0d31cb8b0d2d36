package dev.chagres.memory;

import dev.chagres.memory.raw.Allocator;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The shared part of a pool behind one lock, that of its budget: the slabs, with the free blocks
 * that no stripe holds, and the account of what was taken from the allocator. Every call is short
 * but those that reach the allocator.
 */
final class Center {
  /**
   * How far the reserve may pass one and a half times the peak before idle memory is given back.
   */
  private static final long SLACK = 256L << 20;

  /** How many idle slabs are looked at for one that another class fills well. */
  private static final int MOST_LOOKED_AT = 64;

  private static final int CALLS_OF_A_MOVE = 32;
  private static final int CALLS_OF_GROWING = 400;

  private final Budget budget;
  private final ReentrantLock lock;
  private final Allocator allocator;
  private final LongSupplier stripedBytes;

  /** Whether what was taken from the allocator must stay. */
  private final BooleanSupplier kept;

  /** By class, the slabs that have a block to give. */
  private final Slab.Chain[] open = new Slab.Chain[SizeClasses.COUNT];

  /** The slabs without a block in use, the longest idle first: shared ones, and large blocks. */
  private final Slab.Chain idleShared = new Slab.Chain();

  private final Slab.Chain idleLarge = new Slab.Chain();
  private final Numbers unusedIds = new Numbers();
  private @Nullable Slab[] slabOf = new Slab[1024];
  private int ids;

  /** Where each block begins; 0 for a number without a block. */
  private volatile long[] addresses = new long[1024];

  private long allocations;
  private long reserved;
  private long outBytes;
  private long outBlocks;
  private long peak;
  private long live;
  private long now;

  Center(Allocator allocator, Budget budget, LongSupplier stripedBytes, BooleanSupplier kept) {
    this.allocator = allocator;
    this.kept = kept;
    this.budget = budget;
    lock = budget.lock;
    this.stripedBytes = stripedBytes;
    Arrays.setAll(open, i -> new Slab.Chain());
    lock.lock();
    try {
      budget.centers.add(this);
    } finally {
      lock.unlock();
    }
  }

  /** What the account says at one moment; {@code outBytes} counts what the stripes hold as well. */
  record Account(
      long reserved, long outBytes, long outBlocks, long peak, long limit, long allocations) {}

  Account account() {
    room(CALLS_OF_A_MOVE);
    lock.lock();
    try {
      notePeak();
      return new Account(reserved, outBytes, outBlocks, budget.peak, budget.limit, allocations);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the memory of a block that the caller has taken. */
  MemorySegment view(int id, long bytes) {
    return allocator.view(addresses[id], bytes);
  }

  long limit() {
    room(CALLS_OF_A_MOVE);
    lock.lock();
    try {
      return budget.limit;
    } finally {
      lock.unlock();
    }
  }

  void setLimit(long bytes) {
    room(CALLS_OF_A_MOVE);
    lock.lock();
    try {
      budget.limit = bytes;
      releaseIdle(budget.reserved - bytes);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes free blocks without asking the allocator, the first of them for a new lease, and returns
   * how many there were. A large request may get the block of one of the next two classes.
   */
  int take(int sizeClass, int[] out) {
    room(CALLS_OF_A_MOVE);
    lock.lock();
    try {
      int wanted = SizeClasses.batch(sizeClass, out.length, budget.limit);
      int taken = takeFrom(sizeClass, out, wanted);
      if (SizeClasses.isLarge(sizeClass)) {
        int end = Math.min(sizeClass + 3, SizeClasses.COUNT);
        for (int larger = sizeClass + 1; taken == 0 && larger < end; larger++) {
          taken = takeFrom(larger, out, 1);
        }
      }
      if (taken > 0) {
        allocations++;
        notePeak();
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private int takeFrom(int sizeClass, int[] out, int wanted) {
    Slab.Chain open = this.open[sizeClass];
    int taken = 0;
    while (taken < wanted) {
      Slab.Link first = open.first();
      if (first == null) {
        break;
      }
      Slab slab = first.slab;
      if (slab.isIdle()) {
        idleOf(sizeClass).remove(slab.idle);
      }
      while (taken < wanted && slab.isOpen()) {
        int id = slab.take();
        out[taken++] = id < 0 ? cut(slab) : id;
      }
      if (!slab.isOpen()) {
        open.remove(first);
      }
    }
    outBytes += taken * SizeClasses.capacity(sizeClass);
    outBlocks += taken;
    return taken;
  }

  private Slab.Chain idleOf(int sizeClass) {
    return SizeClasses.isLarge(sizeClass) ? idleLarge : idleShared;
  }

  private int cut(Slab slab) {
    int id = unusedIds.isEmpty() ? nextId() : unusedIds.pop();
    slabOf[id] = slab;
    addresses[id] = slab.cut();
    return id;
  }

  private int nextId() {
    if (ids == slabOf.length) {
      slabOf = Arrays.copyOf(slabOf, 2 * ids);
      addresses = Arrays.copyOf(addresses, 2 * ids);
    }
    return ids++;
  }

  private Slab slab(int id) {
    return Objects.requireNonNull(slabOf[id], "a block has a slab");
  }

  /** Returns the bytes of blocks that the caller has taken; they may be more than it asked for. */
  long bytes(int[] taken) {
    room(CALLS_OF_A_MOVE);
    lock.lock();
    try {
      long sum = 0;
      for (int id : taken) {
        sum += SizeClasses.capacity(slab(id).sizeClass());
      }
      return sum;
    } finally {
      lock.unlock();
    }
  }

  /** Takes back the first {@code count} of these blocks. */
  void give(int[] given, int count) {
    room(CALLS_OF_A_MOVE);
    lock.lock();
    try {
      for (int i = 0; i < count; i++) {
        giveOne(given[i]);
      }
    } finally {
      lock.unlock();
    }
  }

  private void giveOne(int id) {
    Slab slab = slab(id);
    int sizeClass = slab.sizeClass();
    Slab.Chain open = this.open[sizeClass];
    boolean wasFull = !slab.isOpen();
    slab.give(id);
    slab.lastUse = ++now;
    outBytes -= SizeClasses.capacity(sizeClass);
    outBlocks--;
    if (slab.isIdle()) {
      idleOf(sizeClass).addLast(slab.idle);
    }
    if (wasFull) {
      open.addFirst(slab.open);
    } else if (slab.isIdle()) {
      // Taken from last of all, so that it may stay idle.
      open.remove(slab.open);
      open.addLast(slab.open);
    }
  }

  /** Devotes a slab to a class that another class has no use for; false if there is none. */
  boolean takeOver(int sizeClass) {
    if (SizeClasses.isLarge(sizeClass)) {
      return false;
    }
    room(CALLS_OF_A_MOVE);
    lock.lock();
    try {
      // Another thread may have been first.
      return open[sizeClass].first() != null || takeOverIdle(sizeClass);
    } finally {
      lock.unlock();
    }
  }

  private boolean takeOverIdle(int sizeClass) {
    Slab.Link link = idleShared.first();
    for (int i = 0; i < MOST_LOOKED_AT && link != null; i++) {
      Slab slab = link.slab;
      if (slab.fits(sizeClass)) {
        open[slab.sizeClass()].remove(slab.open);
        slab.clear(this::forget);
        allocator.recut(slab.address, slab.bytes);
        slab.devote(sizeClass);
        open[sizeClass].addFirst(slab.open);
        return true;
      }
      link = link.after();
    }
    return false;
  }

  /** Takes a slab from the allocator; false if the budget or the device does not allow it. */
  boolean grow(int sizeClass) {
    room(CALLS_OF_GROWING);
    lock.lock();
    try {
      return open[sizeClass].first() != null || growFresh(sizeClass);
    } finally {
      lock.unlock();
    }
  }

  private boolean growFresh(int sizeClass) {
    long capacity = SizeClasses.capacity(sizeClass);
    long bytes = SizeClasses.slabBytes(sizeClass, budget.limit);
    notePeak();
    long comfortable = peak + peak / 2 + SLACK;
    releaseIdle(bytes + Math.max(reserved - comfortable, budget.reserved - budget.limit));
    bytes = Math.min(bytes, Math.max(0, budget.limit - budget.reserved) / capacity * capacity);
    if (bytes == 0) {
      return false;
    }
    long address = allocator.allocate(bytes);
    if (address == 0) {
      return false;
    }
    Slab slab = new Slab(sizeClass, address, bytes);
    slab.lastUse = ++now;
    open[sizeClass].addFirst(slab.open);
    idleOf(sizeClass).addLast(slab.idle);
    reserved += bytes;
    budget.reserved += bytes;
    return true;
  }

  /** Gives all slabs without a block in use back to the allocator. */
  void releaseIdle() {
    room(CALLS_OF_A_MOVE);
    lock.lock();
    try {
      releaseIdle(Long.MAX_VALUE);
    } finally {
      lock.unlock();
    }
  }

  /** Gives idle slabs back, those unused for longest first, until that many bytes are. */
  private void releaseIdle(long least) {
    long given = 0;
    while (given < least && !kept.getAsBoolean()) {
      Slab slab = longestIdle();
      if (slab == null) {
        break;
      }
      idleOf(slab.sizeClass()).remove(slab.idle);
      open[slab.sizeClass()].remove(slab.open);
      slab.clear(this::forget);
      allocator.free(slab.address, slab.bytes);
      given += slab.bytes;
      reserved -= slab.bytes;
      budget.reserved -= slab.bytes;
    }
  }

  private @Nullable Slab longestIdle() {
    Slab.Link shared = idleShared.first();
    Slab.Link large = idleLarge.first();
    if (shared == null || large == null) {
      return shared != null ? shared.slab : large != null ? large.slab : null;
    }
    return shared.slab.lastUse < large.slab.lastUse ? shared.slab : large.slab;
  }

  private void forget(int id) {
    slabOf[id] = null;
    addresses[id] = 0;
    unusedIds.push(id);
  }

  /**
   * Uses the stack as deep as the calls under the lock may: if it overflows, then here, where the
   * lock is not lost.
   */
  private static int room(int calls) {
    return calls == 0 ? 0 : room(calls - 1) + 1;
  }

  /** Lets the most that was live in all lanes begin anew with what is. */
  void resetPeak() {
    room(CALLS_OF_A_MOVE);
    lock.lock();
    try {
      budget.centers.forEach(Center::noteLive);
      budget.peak = budget.live;
    } finally {
      lock.unlock();
    }
  }

  private void notePeak() {
    noteLive();
    peak = Math.max(peak, live);
    if (budget.live > budget.peak) {
      budget.centers.forEach(Center::noteLive); // other lanes may have less than they noted last
      budget.peak = Math.max(budget.peak, budget.live);
    }
  }

  private void noteLive() {
    long before = live;
    live = outBytes - stripedBytes.getAsLong();
    budget.live += live - before;
  }
}
