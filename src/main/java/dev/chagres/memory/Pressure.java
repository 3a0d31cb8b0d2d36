package dev.chagres.memory;

import java.util.concurrent.locks.ReentrantLock;

/**
 * Decides when a pool that needs fresh memory should first ask for a garbage collection: when its
 * live bytes have doubled since the last one it asked for, and have grown by a slack of 128 MiB, or
 * half the budget if that is less. So a program that needs more and more asks only as often as its
 * memory doubles, and one that drops what it allocates never grows beyond that. The slack widens,
 * up to 512 MiB, while collecting takes more than a fifth of the time, and narrows again below a
 * tenth, as half of it takes less than a fifth then. Each collection counts twice as much as the
 * one before it, so that a single long one changes nothing.
 */
final class Pressure {
  private static final long LEAST_SLACK = 128L << 20;
  private static final long MOST_SLACK = 1L << 29;
  private static final int MOST_SHARE = 5;
  private static final int LEAST_SHARE = 10;
  private static final long IGNORED_PAUSE_NANOS = 10_000_000_000L;

  /** Held while a collection runs. */
  final ReentrantLock lock = new ReentrantLock();

  private volatile long floor;
  private volatile long slack;
  private volatile long lastEnd = System.nanoTime();
  private volatile long collections;
  private volatile boolean ignored;

  /** Nanoseconds of collecting, and of all since the pool began, where older ones fade. */
  private double collecting;

  private double passed;

  boolean isDue(long liveBytes, long limit) {
    // Some reports of the last collection may have come late.
    long low = Math.min(floor, liveBytes);
    floor = low;
    if (liveBytes < low + Math.max(low, Math.max(slack, leastSlack(limit)))) {
      return false;
    }
    return !ignored || System.nanoTime() - lastEnd > IGNORED_PAUSE_NANOS;
  }

  private static long leastSlack(long limit) {
    return Math.min(LEAST_SLACK, limit / 2);
  }

  /**
   * Notes a collection that began at this time.
   *
   * @param heeded whether the JVM did collect; it does not with {@code -XX:+DisableExplicitGC}
   */
  void collected(long start, long liveBytes, long limit, boolean heeded) {
    collected(start, System.nanoTime(), liveBytes, limit, heeded);
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // Under the lock.
  void collected(long start, long end, long liveBytes, long limit, boolean heeded) {
    collecting = collecting / 2 + (end - start);
    passed = passed / 2 + (end - lastEnd);
    long least = leastSlack(limit);
    if (collecting * MOST_SHARE > passed) {
      slack = Math.clamp(2 * slack, least, Math.max(least, Math.min(MOST_SLACK, limit / 4)));
    } else if (collecting * LEAST_SHARE < passed) {
      slack = Math.max(slack / 2, least);
    }
    floor = liveBytes;
    lastEnd = end;
    ignored = !heeded;
    collections++;
  }

  long collections() {
    return collections;
  }

  /** Tells whether the last request was ignored. */
  boolean isIgnored() {
    return ignored;
  }
}
