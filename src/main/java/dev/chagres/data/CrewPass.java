package dev.chagres.data;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A pass whose batches are made ahead by workers: as many are under way, or wait, as they may have
 * together. As in PyTorch the k-th batch is the business of worker k modulo their number, but that
 * those whose samples have come to their end are left out.
 */
final class CrewPass implements DataLoader.Pass {
  private static final Cleaner CLEANER =
      Cleaner.create(Thread.ofPlatform().daemon().name("chagres-loader-cleaner").factory());

  private final Crew crew;
  private final Cleaner.Cleanable cleanable;
  private final Iterator<long[]> plan;
  private final boolean isStream;
  private final boolean[] active;
  private int turn;
  private long given;
  private long taken;
  private boolean isPlanned;

  /** A batch of a stream that was found to be there, and not taken. */
  private Crew.@Nullable Task ahead;

  private boolean closed;

  CrewPass(Crew crew, Iterator<long[]> plan, boolean isStream, int prefetch) {
    this.crew = crew;
    this.plan = plan;
    this.isStream = isStream;
    active = new boolean[crew.workers()];
    Arrays.fill(active, true);
    cleanable = CLEANER.register(this, crew::stop);
    try {
      for (long i = 0; i < (long) prefetch * active.length; i++) {
        give();
      }
      endIfDone();
    } catch (Throwable e) {
      cleanable.clean();
      throw e;
    }
  }

  /** Has the next batch made, if there is one. */
  private void give() {
    if (isPlanned) {
      return;
    }
    long[] indices = {};
    try {
      isPlanned = !plan.hasNext();
      if (!isPlanned) {
        indices = plan.next();
      }
    } catch (RuntimeException e) { // of a sampler: in the place of the batch
      isPlanned = true;
      crew.fail(new Crew.Task(given, -1, indices), e);
    }
    if (isPlanned) {
      crew.finish();
      return;
    }
    int worker = worker();
    if (worker < 0) {
      isPlanned = true;
      crew.finish();
    } else {
      crew.give(new Crew.Task(given++, worker, indices));
    }
  }

  /** Returns whose turn it is, or -1 if all have come to their end. */
  private int worker() {
    for (int i = 0; i < active.length; i++) {
      int worker = turn;
      turn = (turn + 1) % active.length;
      if (active[worker]) {
        return worker;
      }
    }
    return -1;
  }

  @Override
  public boolean hasNext() {
    try {
      if (closed) {
        return false;
      }
      return isStream ? find() != null : crew.first() != null;
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Returns the next task that a batch, or a failure, came of, and waits for it. */
  private Crew.@Nullable Task find() {
    while (ahead == null) {
      Crew.Task task = crew.first();
      if (task == null) {
        return null;
      }
      if (!await(task).isOver()) {
        ahead = task;
      } else {
        active[task.worker] = false;
        crew.remove();
        give();
        endIfDone();
      }
    }
    return ahead;
  }

  private Made await(Crew.Task task) {
    try {
      return task.made.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(
          "next: the thread was interrupted while it waited for batch "
              + taken
              + ", which can be asked for again",
          e);
    } catch (ExecutionException e) {
      throw new AssertionError("a failure is a result", e);
    }
  }

  @Override
  public Batch next() {
    try {
      Crew.Task task = closed ? null : isStream ? find() : crew.first();
      if (task == null) {
        throw new NoSuchElementException("the pass over the data is over");
      }
      Made made = await(task);
      long number = taken++;
      ahead = null;
      if (!crew.remove()) {
        throw new IllegalStateException("next: the pass was closed");
      }
      give();
      endIfDone();
      return made.take(number, task.indices);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  private void endIfDone() {
    if (isPlanned && crew.first() == null) {
      cleanable.clean();
    }
  }

  @Override
  public void close() {
    closed = true;
    ahead = null;
    cleanable.clean();
  }
}
