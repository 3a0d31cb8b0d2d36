package dev.chagres.memory;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Decides when a pool that needs fresh memory should first ask for a garbage collection: when its
 * live bytes have doubled since the last one it asked for, and have grown by a slack. So a program
 * that needs more and more asks only as often as its memory doubles, and one that drops what it
 * allocates never grows beyond that.
 *
 * <p>The slack is what the program drops in nine times the time that a collection takes, so that
 * collecting takes a tenth of the time; but at least 128 MiB, and at most 512 MiB, or 32 MiB for
 * each millisecond of a collection if that is more, which it is where the Java heap is large. Of a
 * small budget it is no more than half, and no more than a quarter where it widens. Memory that is
 * touched for the first time is dear, so a few collections that took long by accident, on a busy
 * machine, widen it little.
 */
final class Pressure {
  private static final long LEAST_SLACK = 128L << 20;
  private static final long MOST_SLACK = 512L << 20;
  private static final long MOST_SLACK_PER_NANO = 32;

  /** The time between two collections in units of a collection's. */
  private static final double REST = 9;

  private static final long IGNORED_PAUSE_NANOS = 10_000_000_000L;

  /** Held while a collection runs. */
  final ReentrantLock lock = new ReentrantLock();

  private final LongSupplier clock;
  private volatile long floor;
  private volatile long slack;

  /** What a collection takes: falls at once, and rises slowly. */
  private volatile long usual;

  private volatile long lastEnd;
  private volatile long collections;
  private volatile boolean ignored;

  /**
   * Begins with nothing live.
   *
   * @param clock the nanoseconds since some moment
   */
  Pressure(LongSupplier clock) {
    this.clock = clock;
    lastEnd = clock.getAsLong();
  }

  /** Notes how much is live after some reports of the last collection have come late. */
  void fallen(long liveBytes) {
    if (liveBytes < floor) {
      floor = liveBytes;
    }
  }

  boolean isDue(long liveBytes, long limit) {
    fallen(liveBytes);
    long low = floor;
    if (liveBytes < low + Math.max(low, Math.max(slack, leastSlack(limit)))) {
      return false;
    }
    return !ignored || clock.getAsLong() - lastEnd > IGNORED_PAUSE_NANOS;
  }

  private static long leastSlack(long limit) {
    return Math.min(LEAST_SLACK, limit / 2);
  }

  /**
   * Notes a collection that has just ended.
   *
   * @param start when it began
   * @param before the live bytes then
   * @param after the live bytes now
   * @param heeded whether the JVM did collect; it does not with {@code -XX:+DisableExplicitGC}
   */
  @SuppressWarnings("NonAtomicVolatileUpdate") // Under the lock.
  void collected(long start, long before, long after, long limit, boolean heeded) {
    long end = clock.getAsLong();
    long spent = end - start;
    long cost = collections == 0 ? spent : Math.min(spent, usual + usual / 4);
    double dropped = Math.max(0, before - floor) / (double) Math.max(1, start - lastEnd);
    long most = Math.min(limit / 4, Math.max(MOST_SLACK, MOST_SLACK_PER_NANO * cost));
    long least = leastSlack(limit);
    slack = Math.clamp((long) (REST * cost * dropped), least, Math.max(least, most));
    floor = after;
    usual = cost;
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
