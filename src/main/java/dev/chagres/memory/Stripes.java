package dev.chagres.memory;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;

/** The stripes of a pool, which threads lock for nanoseconds. */
final class Stripes {
  private final Stripe[] stripes;

  Stripes() {
    int processors = Runtime.getRuntime().availableProcessors();
    stripes = new Stripe[Math.clamp(Integer.highestOneBit(4 * processors - 1), 4, 64)];
    Arrays.setAll(stripes, i -> new Stripe());
  }

  /** Returns a stripe that this thread now holds; no thread ever waits for a particular one. */
  Stripe lockAny() {
    int mask = stripes.length - 1;
    int at = (int) Thread.currentThread().threadId();
    Stripe stripe = stripes[at & mask];
    for (int tries = 1; !stripe.tryLock(); tries++) {
      relax(tries, mask);
      stripe = stripes[(at + tries) & mask];
    }
    return stripe;
  }

  /** Returns the stripe that registers a lease; this thread now holds it. */
  static Stripe lockHome(Lease lease) {
    Stripe home = Objects.requireNonNull(lease.stripe, "a lease is registered when it begins");
    lock(home);
    return home;
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

  /** Does something with each stripe, while this thread holds it. */
  void each(Consumer<Stripe> action) {
    for (Stripe stripe : stripes) {
      lock(stripe);
      try {
        action.accept(stripe);
      } finally {
        stripe.unlock();
      }
    }
  }

  /** Gives all blocks to the centre. */
  void flush(Center center) {
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

  /** Returns the bytes of the blocks here, about. */
  long bytes() {
    long sum = 0;
    for (Stripe stripe : stripes) {
      sum += stripe.cachedBytes();
    }
    return sum;
  }
}
