package dev.chagres.memory;

import dev.chagres.memory.raw.Lane;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/** The blocks of a pool whose storages have ended while another lane may still be using them. */
final class Held {
  private final Center center;
  private final ReentrantLock lock = new ReentrantLock();
  private final List<Blocks> waiting = new ArrayList<>();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong count = new AtomicLong();

  /** Blocks that ended together, and how far each lane must have come before they are free. */
  private static final class Blocks {
    final int[] ids;
    final long bytes;
    final List<Lane> lanes;
    final List<Lane.Mark> marks;

    Blocks(int[] ids, long bytes, List<Lane> lanes) {
      this.ids = ids;
      this.bytes = bytes;
      this.lanes = lanes;
      marks = lanes.stream().map(Lane::mark).toList();
    }

    /** Tells whether no lane uses them, of which these are known to have more to do. */
    boolean areFree(Set<Lane> busy) {
      for (int i = 0; i < lanes.size(); i++) {
        Lane lane = lanes.get(i);
        if (busy.contains(lane) || !marks.get(i).isDone()) {
          busy.add(lane);
          return false;
        }
      }
      return true;
    }

    /** Tells whether waiting makes sense. */
    boolean areAwaitable() {
      return marks.stream().allMatch(mark -> mark.isAwaitable() || mark.isDone());
    }

    /** Waits until no lane uses them. */
    void await() {
      for (Lane.Mark mark : marks) {
        mark.await();
        mark.close();
      }
    }
  }

  Held(Center center) {
    this.center = center;
  }

  long bytes() {
    return bytes.get();
  }

  long count() {
    return count.get();
  }

  /** Holds blocks until the lanes have done what they have been given so far. */
  void add(int[] ids, List<Lane> lanes) {
    var blocks = new Blocks(ids, center.bytes(ids), lanes);
    bytes.addAndGet(blocks.bytes);
    count.addAndGet(ids.length);
    lock.lock();
    try {
      waiting.add(blocks);
    } finally {
      lock.unlock();
    }
  }

  /** Frees the blocks that no lane uses any more and returns how many those were. */
  int settle() {
    if (count() == 0) {
      return 0;
    }
    Set<Lane> busy = new HashSet<>(); // what was marked later in such a lane is not done either
    return free(blocks -> blocks.areFree(busy));
  }

  /**
   * Waits for the lanes, frees the blocks and returns how many those were: all but those that work
   * which may be done again uses.
   */
  int await() {
    return count() == 0 ? 0 : free(Blocks::areAwaitable);
  }

  private int free(Predicate<Blocks> which) {
    List<Blocks> chosen = new ArrayList<>();
    lock.lock();
    try {
      waiting.removeIf(blocks -> which.test(blocks) && chosen.add(blocks));
    } finally {
      lock.unlock();
    }
    int freed = 0;
    for (Blocks blocks : chosen) {
      blocks.await();
      center.give(blocks.ids, blocks.ids.length);
      bytes.addAndGet(-blocks.bytes);
      count.addAndGet(-blocks.ids.length);
      freed += blocks.ids.length;
    }
    return freed;
  }
}
