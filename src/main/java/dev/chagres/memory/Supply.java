package dev.chagres.memory;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * Finds a block where no stripe has one at hand: in the centre, among what another lane is done
 * with or nothing reaches any more, in memory that another size class has no use for, from the
 * allocator. At the budget threads, of all lanes, make room one after the other.
 */
final class Supply {
  /** How long each attempt to make room first waits for other threads to free something. */
  private static final long[] PAUSES = {0, 0, 50, 150};

  /** How long a thread waits for its turn before it looks again for what is free. */
  private static final long TURN_MILLIS = 5;

  private final Budget budget;
  private final Center center;
  private final Stripes stripes;
  private final Held held;
  private final Unreachable unreachable;
  private final Pool pool;

  Supply(
      Budget budget,
      Center center,
      Stripes stripes,
      Held held,
      Unreachable unreachable,
      Pool pool) {
    this.budget = budget;
    this.center = center;
    this.stripes = stripes;
    this.held = held;
    this.unreachable = unreachable;
    this.pool = pool;
  }

  // All of these return a block's number, or -1.

  private int takeStriped(int sizeClass) {
    if (sizeClass >= SizeClasses.STRIPED) {
      return -1;
    }
    Stripe stripe = stripes.lockAny();
    int id = stripe.pop(sizeClass);
    stripe.unlock();
    return id;
  }

  private int takeCentral(int sizeClass) {
    boolean striped = sizeClass < SizeClasses.STRIPED;
    int[] ids = new int[striped ? SizeClasses.stripeLimit(sizeClass) / 2 : 1];
    int taken = center.take(sizeClass, ids);
    int left = taken;
    if (taken > 1) {
      Stripe stripe = stripes.lockAny();
      while (left > 1 && stripe.push(sizeClass, ids[left - 1])) {
        left--;
      }
      stripe.unlock();
    }
    if (left > 1) {
      center.give(Arrays.copyOfRange(ids, 1, left), left - 1);
    }
    return taken == 0 ? -1 : ids[0];
  }

  private int takeFree(int sizeClass) {
    int id = takeStriped(sizeClass);
    return id >= 0 ? id : takeCentral(sizeClass);
  }

  /** Takes a block, whatever that needs. */
  int take(int sizeClass, long bytes) {
    if (bytes > center.limit()) {
      throw pool.outOfMemory(bytes); // whatever would be freed
    }
    int id = takePassing(sizeClass);
    return id >= 0 ? id : takeInTurn(sizeClass, bytes);
  }

  /**
   * Takes a block without pressing anyone, but not what another thread has just made room for: else
   * it could lose that again and again.
   */
  private int takePassing(int sizeClass) {
    return budget.claimed && sizeClass >= SizeClasses.STRIPED ? -1 : takeWithinBudget(sizeClass);
  }

  /** Takes what is free, was found unreachable, or is fresh from the allocator. */
  private int takeWithinBudget(int sizeClass) {
    int id = takeFree(sizeClass);
    while (id < 0) {
      if (held.settle() == 0
          && unreachable.drain(Integer.MAX_VALUE) == 0
          && !center.takeOver(sizeClass)
          && !unreachable.collectIfDue()
          && !center.grow(sizeClass)) {
        return -1;
      }
      id = takeFree(sizeClass);
    }
    return id;
  }

  /** Makes room, one thread after the other; those who wait take what they can in the meantime. */
  private int takeInTurn(int sizeClass, long bytes) {
    while (!awaitTurn()) {
      int id = takePassing(sizeClass);
      if (id >= 0) {
        return id;
      }
    }
    try {
      int id = takeWithinBudget(sizeClass);
      for (int attempt = 0; id < 0; attempt++) {
        if (attempt == PAUSES.length) {
          throw pool.outOfMemory(bytes);
        }
        pause(PAUSES[attempt]);
        budget.claimed = true;
        makeRoom(attempt);
        id = takeWithinBudget(sizeClass);
        budget.claimed = false;
      }
      return id;
    } finally {
      budget.claimed = false;
      budget.turn.unlock();
    }
  }

  private boolean awaitTurn() {
    try {
      return budget.turn.tryLock(TURN_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      budget.turn.lock();
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** Frees what it can, gently at first. */
  private void makeRoom(int attempt) {
    if (attempt > 0) {
      unreachable.collect();
    }
    pool.emptyLanes(attempt > 0);
  }

  private static void pause(long millis) {
    if (millis == 0) {
      return;
    }
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
