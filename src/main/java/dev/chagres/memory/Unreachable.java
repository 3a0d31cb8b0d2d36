package dev.chagres.memory;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.function.LongSupplier;

/**
 * The storages of a pool that nothing reaches any more: the collector reports them in a queue,
 * which every allocation looks into. Since their weight on the Java heap is small, the pool asks
 * for a collection itself when {@link Pressure} says so, and as a last resort before it fails.
 */
final class Unreachable {
  private static final int AT_ONCE = 256;

  private final ReferenceQueue<Object> queue;
  private final Pressure pressure = new Pressure();
  private final Center center;
  private final LongSupplier liveBytes;

  Unreachable(ReferenceQueue<Object> queue, Center center, LongSupplier liveBytes) {
    this.queue = queue;
    this.center = center;
    this.liveBytes = liveBytes;
  }

  ReferenceQueue<Object> queue() {
    return queue;
  }

  /** Takes in some, if there are any. */
  void drainSome() {
    Reference<?> dead = queue.poll();
    if (dead != null) {
      bury(dead);
      drain(AT_ONCE);
    }
  }

  /**
   * Takes in what the collector has found, up to a number of storages, and returns how many there
   * were.
   */
  int drain(int most) {
    int count = 0;
    while (count < most) {
      Reference<?> dead = queue.poll();
      if (dead == null) {
        break;
      }
      count += bury(dead);
    }
    return count;
  }

  private static int bury(Reference<?> dead) {
    return switch (dead) {
      case Lease lease ->
          lease.pool.end(lease, lease.all(), Stripe.REACHABILITY).count() > 0 ? 1 : 0;
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
  void collect() {
    long before = pressure.collections();
    pressure.lock.lock();
    try {
      if (pressure.collections() == before) {
        long start = System.nanoTime();
        Sentinel sentinel = new Sentinel(queue);
        System.gc();
        awaitReports(sentinel);
        pressure.collected(start, liveBytes.getAsLong(), center.limit(), sentinel.seen);
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
        Reference<?> dead = queue.remove(2);
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

  /** Asks for a collection if it is time to; tells whether it was. */
  boolean collectIfDue() {
    boolean due = pressure.isDue(liveBytes.getAsLong(), center.limit());
    if (due) {
      collect();
    }
    return due;
  }

  /** Returns how many collections were asked for. */
  long collections() {
    return pressure.collections();
  }

  /** Tells whether the JVM ignored the last request for one. */
  boolean isIgnored() {
    return pressure.isIgnored();
  }
}
