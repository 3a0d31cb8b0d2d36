package dev.chagres.distributed;

import dev.chagres.backend.cuda.CudaException;
import dev.chagres.memory.raw.Lane;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that no rank of this process waits for ever: a thread that looks now and then whether
 * what they called is done, and tells the others what they called last.
 */
final class Watch {
  private static final int LOOKS = 20;
  private static final long MOST_MILLIS = 500;
  private static final int MOST_CALLS = 256;
  private static final long IDLE_MILLIS = 10_000;

  private final Clique clique;
  private final Duration timeout;
  private final long pause;
  private final Map<Rank, Deque<Pending>> pending = new HashMap<>();
  private final Map<Rank, String> told = new HashMap<>();
  private @Nullable Thread thread;

  Watch(Clique clique, Duration timeout) {
    this.clique = clique;
    this.timeout = timeout;
    this.pause = Math.clamp(timeout.toMillis() / LOOKS, 1, MOST_MILLIS);
  }

  /** A call that may not be done yet; what comes before it in its stream is not its own time. */
  private static final class Pending {
    final String call;
    final Lane.Mark mark;
    long since = System.nanoTime();

    Pending(String call, Lane.Mark mark) {
      this.call = call;
      this.mark = mark;
    }
  }

  /** Waits for a call of a rank, whose end a mark tells. */
  synchronized void add(Rank rank, String call, Lane.Mark mark) {
    Deque<Pending> calls = pending.computeIfAbsent(rank, _ -> new ArrayDeque<>());
    if (calls.size() >= MOST_CALLS) {
      dropDone(calls);
    }
    calls.add(new Pending(call, mark));
    notifyAll();
    if (thread == null) {
      thread = Thread.ofPlatform().daemon().name("chagres-watch-work").start(this::look);
    }
  }

  /** Waits no more for a rank, which has ended. */
  synchronized void forget(Rank rank) {
    Deque<Pending> calls = pending.remove(rank);
    if (calls != null) {
      calls.forEach(each -> each.mark.close());
    }
  }

  private void look() {
    try {
      while (clique.reason() == null && hasWork()) {
        Thread.sleep(pause);
        tell();
        String late = late();
        if (late != null) {
          Thread.sleep(2 * pause); // until the others have told
          tell();
          clique.abort(late + "; " + others());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (clique.reason() != null) {
      clique.ranks().forEach(this::forget);
    }
  }

  /** Waits a while for calls; tells whether there are some. */
  private synchronized boolean hasWork() throws InterruptedException {
    pending.values().removeIf(Deque::isEmpty);
    long end = System.nanoTime() + IDLE_MILLIS * 1_000_000;
    for (long left = IDLE_MILLIS; pending.isEmpty() && left > 0; ) {
      wait(left);
      left = (end - System.nanoTime()) / 1_000_000;
    }
    if (pending.isEmpty()) {
      thread = null;
      return false;
    }
    return true;
  }

  /** Says who waits for what, if somebody does for too long. */
  private synchronized @Nullable String late() {
    for (Map.Entry<Rank, Deque<Pending>> each : pending.entrySet()) {
      Deque<Pending> calls = each.getValue();
      dropDone(calls);
      Pending first = calls.peekFirst();
      if (first != null && System.nanoTime() - first.since > timeout.toNanos()) {
        String whole = TcpStore.Deadline.in(timeout).toString();
        return "rank %d waits for call %s, for more than %s"
            .formatted(each.getKey().number(), first.call, whole);
      }
    }
    return null;
  }

  private static void dropDone(Deque<Pending> calls) {
    while (!calls.isEmpty() && isDone(calls.getFirst())) {
      calls.removeFirst().mark.close();
      if (!calls.isEmpty()) {
        calls.getFirst().since = System.nanoTime();
      }
    }
  }

  private static boolean isDone(Pending call) {
    try {
      return call.mark.isDone();
    } catch (CudaException e) {
      return true; // the rank's next call tells what it is
    }
  }

  private void tell() {
    for (Rank rank : clique.ranks()) {
      String latest = rank.latest();
      if (!latest.isEmpty() && !latest.equals(told.put(rank, latest))) {
        tell(rank.number(), latest);
      }
    }
  }

  private void tell(int rank, String latest) {
    try {
      clique.contact().tell(rank, latest);
    } catch (UncheckedIOException e) {
      // Rank 0 has gone, as who listens there hears.
      System.getLogger(Watch.class.getName()).log(System.Logger.Level.DEBUG, "tell", e);
    }
  }

  private String others() {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < clique.worldSize(); i++) {
      all.add("of rank " + i + ": " + latest(i));
    }
    return "the last calls are " + String.join("; ", all);
  }

  private String latest(int rank) {
    try {
      String latest = clique.contact().latest(rank);
      return latest == null ? "none" : latest;
    } catch (UncheckedIOException e) {
      return "unknown, " + e.getMessage();
    }
  }
}
