package dev.chagres.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A few free blocks of each small class behind a lock that is held for nanoseconds. A thread takes
 * the stripe its id points to, or the next one nobody holds; so no cache belongs to a thread, and
 * none is lost when a thread ends.
 *
 * <p>Blocks are kept as numbers in one array: storing references would cost a barrier each. The
 * lock lies inside that array, far enough from its start that two stripes never share a cache line.
 */
final class Stripe {
  static final int ALLOCATED = 0;
  static final int EXPLICIT = 1;
  static final int SCOPE = 2;
  static final int REACHABILITY = 3;

  private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);
  private static final int LOCK = 32;
  private static final int COUNTS = LOCK + 1;
  private static final int[] START = new int[SizeClasses.STRIPED + 1];
  private static final int[] LIMIT = new int[SizeClasses.STRIPED];
  private static final int SPACING = 16;

  /** Where the bytes of the blocks here are counted, behind the events. */
  private static final int CACHED = SPACING + 4;

  static {
    START[0] = COUNTS + SizeClasses.STRIPED;
    for (int i = 0; i < SizeClasses.STRIPED; i++) {
      LIMIT[i] = SizeClasses.stripeLimit(i);
      START[i + 1] = START[i] + LIMIT[i];
    }
  }

  private final int[] ints = new int[START[SizeClasses.STRIPED] + SPACING];
  private final long[] events = new long[SPACING + 4 + SPACING];
  private final @Nullable Lease[] filling = new Lease[SizeClasses.SHARED];
  private @Nullable Lease[] register = new Lease[64];
  private int registered;

  boolean tryLock() {
    return (int) INTS.getOpaque(ints, LOCK) == 0 && INTS.compareAndSet(ints, LOCK, 0, 1);
  }

  void unlock() {
    INTS.setRelease(ints, LOCK, 0);
  }

  /** Returns a free block's number for a new lease, or -1. */
  int pop(int sizeClass) {
    int count = ints[COUNTS + sizeClass];
    if (count == 0) {
      return -1;
    }
    ints[COUNTS + sizeClass] = --count;
    events[CACHED] -= SizeClasses.capacity(sizeClass);
    events[SPACING + ALLOCATED]++;
    return ints[START[sizeClass] + count];
  }

  /** Keeps a free block; false if there is no room, or it is too large. */
  boolean push(int sizeClass, int id) {
    if (sizeClass >= SizeClasses.STRIPED) {
      return false;
    }
    int count = ints[COUNTS + sizeClass];
    if (count == LIMIT[sizeClass]) {
      return false;
    }
    ints[START[sizeClass] + count] = id;
    ints[COUNTS + sizeClass] = count + 1;
    events[CACHED] += SizeClasses.capacity(sizeClass);
    return true;
  }

  /**
   * Moves the blocks of a class that lie longest into {@code out} and returns how many those are.
   */
  int drain(int sizeClass, int[] out) {
    int count = ints[COUNTS + sizeClass];
    int moved = Math.min(count, out.length);
    int start = START[sizeClass];
    System.arraycopy(ints, start, out, 0, moved);
    System.arraycopy(ints, start + moved, ints, start, count - moved);
    ints[COUNTS + sizeClass] = count - moved;
    events[CACHED] -= moved * SizeClasses.capacity(sizeClass);
    return moved;
  }

  /** Counts events of one kind and returns how many of it there were. */
  long count(int event, int times) {
    return events[SPACING + event] += times;
  }

  long events(int event) {
    return events[SPACING + event];
  }

  long cachedBytes() {
    return events[CACHED];
  }

  /** Returns how many blocks lie here. */
  int blocks() {
    int sum = 0;
    for (int i = 0; i < SizeClasses.STRIPED; i++) {
      sum += ints[COUNTS + i];
    }
    return sum;
  }

  // ---- leases

  /** Returns the lease that new storages of a class join, or null if there is none with room. */
  @Nullable Lease filling(int sizeClass) {
    Lease lease = filling[sizeClass];
    return lease == null || lease.isFull() ? null : lease;
  }

  void fill(Lease lease) {
    filling[lease.sizeClass] = lease;
  }

  /** Holds a lease until it is removed, so that the collector can report it. */
  void register(Lease lease) {
    if (registered == register.length) {
      resize(2 * registered);
    }
    lease.stripe = this;
    lease.registerIndex = registered;
    register[registered++] = lease;
  }

  void unregister(Lease lease) {
    Lease last = register[--registered];
    register[lease.registerIndex] = last;
    register[registered] = null;
    if (last != null) {
      last.registerIndex = lease.registerIndex;
    }
    if (registered < register.length / 4 && register.length > 1024) {
      resize(register.length / 2);
    }
  }

  /**
   * Empties the array that it replaces: an old one would hold its leases until a full collection.
   */
  private void resize(int length) {
    @Nullable Lease[] before = register;
    register = Arrays.copyOf(before, length);
    Arrays.fill(before, null);
  }

  /** Counts the blocks that wait in leases for storages to come, and their bytes. */
  void countWaiting(long[] blocksAndBytes) {
    for (int i = 0; i < registered; i++) {
      Lease lease = Objects.requireNonNull(register[i]);
      blocksAndBytes[0] += lease.waiting();
      blocksAndBytes[1] += lease.waiting() * SizeClasses.capacity(lease.sizeClass);
    }
  }

  void addLeasesTo(List<Lease> list) {
    for (int i = 0; i < registered; i++) {
      list.add(Objects.requireNonNull(register[i]));
    }
  }
}
