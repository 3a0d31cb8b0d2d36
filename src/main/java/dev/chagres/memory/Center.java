package dev.chagres.memory;

import dev.chagres.memory.raw.Allocator;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The shared part of a pool behind one lock, that of its budget: the slabs, the free blocks that no
 * stripe holds, and the account of what was taken from the allocator. Every call is short but those
 * that reach the allocator.
 */
final class Center {
  /**
   * How far the reserve may pass one and a half times the peak before idle memory is given back.
   */
  private static final long SLACK = 256L << 20;

  private static final int CALLS_OF_A_MOVE = 32;
  private static final int CALLS_OF_GROWING = 400;

  private final Budget budget;
  private final ReentrantLock lock;
  private final Allocator allocator;
  private final LongSupplier stripedBytes;

  private final Numbers[] free = new Numbers[SizeClasses.COUNT];
  private final @Nullable Slab[] cutting = new Slab[SizeClasses.COUNT];
  private final List<Slab> slabs = new ArrayList<>();
  private final Numbers unusedIds = new Numbers();
  private @Nullable Slab[] slabOf = new Slab[1024];
  private int ids;

  /** Where each block begins; 0 for a number without a block. */
  private volatile long[] addresses = new long[1024];

  private long allocations;
  private long reserved;
  private long idle;
  private long outBytes;
  private long outBlocks;
  private long peak;
  private long live;
  private long now;

  Center(Allocator allocator, Budget budget, LongSupplier stripedBytes) {
    this.allocator = allocator;
    this.budget = budget;
    lock = budget.lock;
    this.stripedBytes = stripedBytes;
    Arrays.setAll(free, i -> new Numbers());
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
      int taken = 0;
      while (taken < out.length && takeOne(sizeClass, out, taken)) {
        taken++;
      }
      if (SizeClasses.isLarge(sizeClass)) {
        int end = Math.min(sizeClass + 3, SizeClasses.COUNT);
        for (int larger = sizeClass + 1; taken == 0 && larger < end; larger++) {
          taken = takeOne(larger, out, 0) ? 1 : 0;
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

  private boolean takeOne(int sizeClass, int[] out, int at) {
    Numbers list = free[sizeClass];
    Slab slab;
    if (!list.isEmpty()) {
      int id = list.pop();
      slab = slab(id);
      idle -= slab.isIdle() ? slab.bytes : 0;
      slab.free--;
      out[at] = id;
    } else {
      slab = cutting[sizeClass];
      if (slab == null || !slab.canCut()) {
        return false;
      }
      int id = unusedIds.isEmpty() ? nextId() : unusedIds.pop();
      idle -= slab.isIdle() ? slab.bytes : 0;
      slabOf[id] = slab;
      addresses[id] = slab.cut();
      out[at] = id;
    }
    slab.lastUse = ++now;
    outBytes += SizeClasses.capacity(sizeClass);
    outBlocks++;
    return true;
  }

  private int nextId() {
    if (ids == slabOf.length) {
      slabOf = Arrays.copyOf(slabOf, 2 * ids);
      addresses = Arrays.copyOf(addresses, 2 * ids);
    }
    return ids++;
  }

  private Slab slab(int id) {
    return Objects.requireNonNull(slabOf[id], "a free block has a slab");
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
    free[slab.sizeClass].push(id);
    slab.free++;
    slab.lastUse = ++now;
    idle += slab.isIdle() ? slab.bytes : 0;
    outBytes -= SizeClasses.capacity(slab.sizeClass);
    outBlocks--;
  }

  /** Takes a slab from the allocator; false if the budget or the device does not allow it. */
  boolean grow(int sizeClass) {
    long capacity = SizeClasses.capacity(sizeClass);
    room(CALLS_OF_GROWING);
    lock.lock();
    try {
      Slab current = cutting[sizeClass];
      if (!free[sizeClass].isEmpty() || (current != null && current.canCut())) {
        return true; // another thread was first
      }
      long bytes = SizeClasses.slabBytes(sizeClass);
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
      slab.index = slabs.size();
      slab.lastUse = ++now;
      slabs.add(slab);
      cutting[sizeClass] = slab;
      reserved += bytes;
      budget.reserved += bytes;
      idle += bytes;
      return true;
    } finally {
      lock.unlock();
    }
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

  /**
   * Gives idle slabs back, those unused for longest first, until that many bytes are, and no less
   * than a quarter of what is idle: finding them takes time in proportion to all of it.
   */
  private void releaseIdle(long least) {
    if (least <= 0 || idle == 0) {
      return;
    }
    long wanted = Math.max(least, idle / 4);
    List<Slab> candidates = new ArrayList<>(slabs.stream().filter(Slab::isIdle).toList());
    candidates.sort(Comparator.comparingLong(slab -> slab.lastUse));
    boolean[] touched = new boolean[SizeClasses.COUNT];
    long given = 0;
    for (Slab slab : candidates) {
      if (given >= wanted) {
        break;
      }
      slab.released = true;
      touched[slab.sizeClass] = true;
      given += slab.bytes;
      if (cutting[slab.sizeClass] == slab) {
        cutting[slab.sizeClass] = null;
      }
      Slab last = slabs.removeLast();
      if (last != slab) {
        slabs.set(slab.index, last);
        last.index = slab.index;
      }
      allocator.free(slab.address, slab.bytes);
    }
    idle -= given;
    reserved -= given;
    budget.reserved -= given;
    for (int sizeClass = 0; sizeClass < touched.length; sizeClass++) {
      if (touched[sizeClass]) {
        free[sizeClass].retain(this::isKept);
      }
    }
  }

  private boolean isKept(int id) {
    if (slab(id).released) {
      slabOf[id] = null;
      addresses[id] = 0;
      unusedIds.push(id);
      return false;
    }
    return true;
  }

  /**
   * Uses the stack as deep as the calls under the lock may: if it overflows, then here, where the
   * lock is not lost.
   */
  private static int room(int calls) {
    return calls == 0 ? 0 : room(calls - 1) + 1;
  }

  private void notePeak() {
    long before = live;
    live = outBytes - stripedBytes.getAsLong();
    budget.live += live - before;
    peak = Math.max(peak, live);
    budget.peak = Math.max(budget.peak, budget.live);
  }
}
