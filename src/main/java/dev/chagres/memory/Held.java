package dev.chagres.memory;

import dev.chagres.memory.raw.Lane;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/** The blocks of a pool whose storages have ended while another lane may still be using them. */
final class Held {
  private final Center center;
  private final ReentrantLock lock = new ReentrantLock();
  private final List<Blocks> waiting = new ArrayList<>();
  private volatile long bytes;
  private volatile long count;

  /** Blocks that ended together, and how far each lane must have come before they are free. */
  private record Blocks(int[] ids, long bytes, List<Lane> lanes, List<Lane.Mark> marks) {}

  Held(Center center) {
    this.center = center;
  }

  long bytes() {
    return bytes;
  }

  long count() {
    return count;
  }

  /** Holds blocks of one class until the lanes have done what they have been given so far. */
  void add(int[] ids, int sizeClass, List<Lane> lanes) {
    List<Lane.Mark> marks = lanes.stream().map(Lane::mark).toList();
    long size = ids.length * SizeClasses.capacity(sizeClass);
    lock.lock();
    try {
      waiting.add(new Blocks(ids, size, lanes, marks));
      bytes += size;
      count += ids.length;
    } finally {
      lock.unlock();
    }
  }

  /** Frees the blocks that no lane uses any more and returns how many those were. */
  int settle() {
    if (count == 0) {
      return 0;
    }
    Set<Lane> busy = new HashSet<>(); // what was marked later in such a lane is not done either
    return free(blocks -> isDone(blocks, busy));
  }

  private static boolean isDone(Blocks blocks, Set<Lane> busy) {
    for (int i = 0; i < blocks.lanes.size(); i++) {
      Lane lane = blocks.lanes.get(i);
      if (busy.contains(lane) || !blocks.marks.get(i).isDone()) {
        busy.add(lane);
        return false;
      }
    }
    return true;
  }

  /** Waits for the lanes, frees all blocks and returns how many those were. */
  int await() {
    return count == 0 ? 0 : free(_ -> true);
  }

  private int free(Predicate<Blocks> which) {
    List<Blocks> chosen = new ArrayList<>();
    lock.lock();
    try {
      waiting.removeIf(
          blocks -> {
            boolean now = which.test(blocks);
            if (now) {
              chosen.add(blocks);
            }
            return now;
          });
    } finally {
      lock.unlock();
    }
    int freed = 0;
    for (Blocks blocks : chosen) {
      for (Lane.Mark mark : blocks.marks) {
        mark.await();
        mark.close();
      }
      center.give(blocks.ids, blocks.ids.length);
      freed += blocks.ids.length;
      forget(blocks);
    }
    return freed;
  }

  private void forget(Blocks blocks) {
    lock.lock();
    try {
      bytes -= blocks.bytes;
      count -= blocks.ids.length;
    } finally {
      lock.unlock();
    }
  }
}
