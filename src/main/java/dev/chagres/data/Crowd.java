package dev.chagres.data;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads of all passes. Those of a pass that was left early stay until the collector finds
 * that nothing reaches it, and a program may leave many before its heap fills: when the threads are
 * many the next pass asks for a collection, and does so again when they are twice as many as it
 * left.
 */
final class Crowd {
  /** So many threads are no reason to ask. */
  static final int FEW = 256;

  private static final long PATIENCE = 100_000_000;

  private static final AtomicInteger SIZE = new AtomicInteger();
  private static int enough = FEW;

  private Crowd() {}

  static void join() {
    SIZE.incrementAndGet();
  }

  static void leave() {
    SIZE.decrementAndGet();
  }

  /** Sends home who works for nobody, if there are many threads. */
  static synchronized void thin() {
    int before = SIZE.get();
    if (before < enough) {
      return;
    }
    System.gc();
    long start = System.nanoTime();
    while (SIZE.get() > before / 2
        && System.nanoTime() - start < PATIENCE
        && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(1_000_000);
    }
    enough = Math.max(FEW, 2 * SIZE.get());
  }
}
