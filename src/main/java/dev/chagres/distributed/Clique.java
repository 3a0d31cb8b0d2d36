package dev.chagres.distributed;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The ranks of this process that end together: when one fails the others would wait for it for
 * ever. They are ended by a thread of its own, since who finds out may be in the middle of a call.
 */
final class Clique {
  private final List<Rank> ranks = new CopyOnWriteArrayList<>();
  private final AtomicReference<@Nullable String> reason = new AtomicReference<>();
  private final int worldSize;
  private final Contact contact;
  private final Watch watch;
  private @Nullable Thread aborting;

  /**
   * Makes one that no rank has joined yet.
   *
   * @param worldSize how many ranks there are, also those of other processes
   * @param timeout how long an operation may take
   */
  Clique(int worldSize, Duration timeout, Contact contact) {
    this.worldSize = worldSize;
    this.contact = contact;
    watch = new Watch(this, timeout);
  }

  void join(Rank rank) {
    ranks.add(rank);
    if (reason.get() != null) {
      rank.end();
    }
  }

  int worldSize() {
    return worldSize;
  }

  List<Rank> ranks() {
    return ranks;
  }

  Contact contact() {
    return contact;
  }

  Watch watch() {
    return watch;
  }

  /** Returns why the ranks were ended; null if they were not. */
  @Nullable String reason() {
    return reason.get();
  }

  /**
   * Ends all ranks; the first reason counts. Returns the thread that does so, which may be done.
   */
  synchronized @Nullable Thread abort(String why) {
    if (!reason.compareAndSet(null, why)) {
      return null;
    }
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .name("chagres-abort")
            .start(
                () -> {
                  ranks.forEach(Rank::end);
                  contact.abort(why);
                });
    aborting = thread;
    return thread;
  }

  /** Returns the thread that ends the ranks and tells the others, if they are ended; else null. */
  synchronized @Nullable Thread aborting() {
    return aborting;
  }
}
