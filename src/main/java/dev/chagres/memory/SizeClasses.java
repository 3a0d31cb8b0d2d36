package dev.chagres.memory;

/**
 * The sizes that blocks come in: steps of 64 bytes up to 1 KiB, four sizes per doubling up to 256
 * KiB, eight beyond. No more than 20 % of a block above 1 KiB, and 11 % of one above 256 KiB, lies
 * beyond what was asked for.
 */
final class SizeClasses {
  /** What every block's address and size is a multiple of. */
  static final long ALIGNMENT = 64;

  private static final long STEPPED = 1 << 10;
  private static final long SHARED_SLAB = 256 << 10;

  /** No slab that is shared, and no batch of blocks, is more of the budget than one such share. */
  private static final long SHARES = 128;

  private static final long LEAST_SLAB = 16 << 10;
  private static final int FIRST_QUARTER = 16;
  private static final int FIRST_LARGE = FIRST_QUARTER + 8 * 4;
  private static final int LARGEST_LOG = 47;

  /** The number of classes. */
  static final int COUNT = FIRST_LARGE + (LARGEST_LOG - 18) * 8;

  /** The largest request that has a class, 128 TiB: more than any address space gives. */
  static final long LARGEST = 1L << LARGEST_LOG;

  private static final long[] CAPACITY = new long[COUNT];

  /** No stripe holds more free blocks of one class. */
  static final int MOST_STRIPED = 256;

  /** Nor more bytes, of classes up to 4 KiB: a scope may give back a hundred. */
  private static final long SMALL_STRIPED = 512 << 10;

  /** Nor of larger ones, of which it gives back some. */
  private static final long LARGER_STRIPED = 256 << 10;

  /** Classes below this one are kept in the stripes; the others go to the centre at once. */
  static final int STRIPED;

  /**
   * Storages of classes below this one, up to 4 KiB, share leases with others of their class: one
   * that lives long keeps the memory of its neighbours, so they must be few and small.
   */
  static final int SHARED;

  /** The same of storages in a scope, up to 32 KiB. */
  static final int SCOPED;

  static {
    for (int i = 0; i < COUNT; i++) {
      if (i < FIRST_QUARTER) {
        CAPACITY[i] = (i + 1) * ALIGNMENT;
      } else if (i < FIRST_LARGE) {
        int step = i - FIRST_QUARTER;
        CAPACITY[i] = (5L + step % 4) << (10 + step / 4 - 2);
      } else {
        int step = i - FIRST_LARGE;
        CAPACITY[i] = (9L + step % 8) << (18 + step / 8 - 3);
      }
    }
    STRIPED = of(64 << 10) + 1;
    SHARED = of(4 << 10) + 1;
    SCOPED = of(32 << 10) + 1;
  }

  private SizeClasses() {}

  /** Returns the smallest class that holds this many bytes, at most {@link #LARGEST}. */
  static int of(long bytes) {
    if (bytes <= STEPPED) {
      return bytes == 0 ? 0 : (int) ((bytes - 1) >>> 6);
    }
    long last = bytes - 1;
    int log = 63 - Long.numberOfLeadingZeros(last);
    return bytes <= SHARED_SLAB
        ? FIRST_QUARTER + (log - 10) * 4 + (int) ((last >>> (log - 2)) & 3)
        : FIRST_LARGE + (log - 18) * 8 + (int) ((last >>> (log - 3)) & 7);
  }

  /** Returns the bytes of a block of this class. */
  static long capacity(int sizeClass) {
    return CAPACITY[sizeClass];
  }

  /** Tells whether each block of this class is taken from the allocator by itself. */
  static boolean isLarge(int sizeClass) {
    return sizeClass >= FIRST_LARGE;
  }

  /**
   * Returns how many bytes to take from the allocator at once for this class: little of a small
   * budget, since a single block in use keeps them all from other classes.
   */
  static long slabBytes(int sizeClass, long limit) {
    long capacity = CAPACITY[sizeClass];
    if (isLarge(sizeClass)) {
      return capacity;
    }
    long slab = capacity <= 16 << 10 ? 256 << 10 : 1 << 20;
    long most = Math.max(LEAST_SLAB, limit / SHARES);
    return Math.max(1, Math.min(slab, most) / capacity) * capacity;
  }

  /** Returns how many blocks of this class to take from the centre at once, of so many wanted. */
  static int batch(int sizeClass, int wanted, long limit) {
    return Math.clamp(limit / SHARES / CAPACITY[sizeClass], 1, wanted);
  }

  /**
   * Returns how many storages of this class share a lease: each then costs the collector less, and
   * one that lives long keeps up to 4 KiB for its neighbours.
   */
  static int sharedSlots(int sizeClass) {
    return sizeClass < SHARED ? Math.clamp((4 << 10) / CAPACITY[sizeClass], 4, 16) : 1;
  }

  /**
   * The same in a scope, whose end frees them all: only there, and only until then, may one that
   * lives long keep up to 64 KiB for its neighbours.
   */
  static int scopedSlots(int sizeClass) {
    return sizeClass < SHARED
        ? Math.max(8, sharedSlots(sizeClass))
        : Math.clamp((64 << 10) / CAPACITY[sizeClass], 1, 8);
  }

  /** Returns how many free blocks of this class one stripe may hold. */
  static int stripeLimit(int sizeClass) {
    long bytes = sizeClass < SHARED ? SMALL_STRIPED : LARGER_STRIPED;
    return Math.clamp(bytes / CAPACITY[sizeClass], 4, MOST_STRIPED);
  }
}
