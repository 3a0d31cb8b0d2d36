package dev.chagres.distributed;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A thread for each rank of this process. */
final class Spawned {
  private Spawned() {}

  /** What the first rank that failed threw. */
  private record Failure(int rank, Throwable thrown) {}

  /** Runs code for each rank, waits for all, and closes them. */
  static void run(List<ProcessGroup> groups, Consumer<ProcessGroup> body) {
    AtomicReference<@Nullable Failure> first = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (ProcessGroup group : groups) {
      threads.add(
          Thread.ofPlatform()
              .daemon()
              .name("chagres-rank-" + group.rank())
              .start(() -> run(group, body, first)));
    }
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
          groups.getFirst().abort("the thread that waits for the ranks was interrupted");
        }
      }
    }
    groups.forEach(ProcessGroup::close);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    Failure failure = first.get();
    if (failure != null) {
      throw new IllegalStateException(
          "spawn: rank " + failure.rank + " failed: " + failure.thrown.getMessage(),
          failure.thrown);
    }
    String reason = groups.getFirst().aborted();
    if (reason != null) {
      throw new IllegalStateException("spawn: the process group was aborted: " + reason);
    }
  }

  @SuppressWarnings("CatchingUnchecked") // an Error of a rank must not leave the others waiting
  private static void run(
      ProcessGroup group, Consumer<ProcessGroup> body, AtomicReference<@Nullable Failure> first) {
    try {
      body.accept(group);
    } catch (RuntimeException | Error e) {
      first.compareAndSet(null, new Failure(group.rank(), e));
      group.abort("rank " + group.rank() + " failed: " + e);
    }
  }
}
