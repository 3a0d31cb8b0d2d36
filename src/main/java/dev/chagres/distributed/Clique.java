package dev.chagres.distributed;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The ranks of this process that end together: when one fails the others would wait for it for
 * ever. They are ended by a thread of its own, since who finds out may be in the middle of a call.
 */
final class Clique {
  private final List<Rank> ranks = new CopyOnWriteArrayList<>();
  private final AtomicReference<@Nullable String> reason = new AtomicReference<>();
  private final Consumer<String> others;

  /**
   * @param others tells ranks of other processes why
   */
  Clique(Consumer<String> others) {
    this.others = others;
  }

  void join(Rank rank) {
    ranks.add(rank);
    if (reason.get() != null) {
      rank.end();
    }
  }

  /** Returns why the ranks were ended; null if they were not. */
  @Nullable String reason() {
    return reason.get();
  }

  /**
   * Ends all ranks; the first reason counts. Returns the thread that does so, which may be done.
   */
  @Nullable Thread abort(String why) {
    if (!reason.compareAndSet(null, why)) {
      return null;
    }
    return Thread.ofPlatform()
        .daemon()
        .name("chagres-abort")
        .start(
            () -> {
              ranks.forEach(Rank::end);
              others.accept(why);
            });
  }
}
