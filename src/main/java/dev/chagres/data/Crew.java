package dev.chagres.data;

import dev.chagres.autograd.GradMode;
import dev.chagres.core.Device;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Generator;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The threads that make the batches of one pass ahead. They know nothing of the pass, so that it
 * can become unreachable while they are there; whoever sees that stops them.
 */
final class Crew {
  private static final AtomicInteger COUNT = new AtomicInteger();

  /** The order to go home. */
  private static final Task END = new Task(-1, -1, new long[0]);

  private final int number = COUNT.incrementAndGet();
  private final long seed;
  private final IntFunction<Fetching> fetching;
  private final Delivery delivery;
  private final List<BlockingQueue<Task>> queues = new ArrayList<>();
  private final BitSet started = new BitSet();
  private final Deque<Task> outstanding = new ArrayDeque<>();
  private final Setting setting = new Setting();
  private boolean finished;
  private boolean stopped;

  /** One batch to make, by one worker. */
  static final class Task {
    final long number;
    final int worker;
    final long[] indices;
    final CompletableFuture<Made> made = new CompletableFuture<>();

    Task(long number, int worker, long[] indices) {
      this.number = number;
      this.worker = worker;
      this.indices = indices;
    }
  }

  /** What the thread that begins the pass has chosen for itself, and workers have as well. */
  private static final class Setting {
    private final Device device = DefaultDevice.get();
    private final boolean isRecording = GradMode.isEnabled();
    private final boolean isInference = GradMode.isInference();

    GradMode use() {
      if (isInference) {
        return GradMode.inference();
      }
      return isRecording ? GradMode.enable() : GradMode.disable();
    }
  }

  /**
   * Makes a crew; its threads start when there is something to do for them.
   *
   * @param fetching makes what a worker of a number fetches with, on the worker's thread
   * @param seed worker i draws from default generators of its own, which start from seed + i
   */
  Crew(int workers, IntFunction<Fetching> fetching, Delivery delivery, long seed) {
    this.fetching = fetching;
    this.delivery = delivery;
    this.seed = seed;
    for (int i = 0; i < workers; i++) {
      queues.add(new LinkedBlockingQueue<>());
    }
  }

  int workers() {
    return queues.size();
  }

  /** Has a worker make a batch. */
  synchronized void give(Task task) {
    if (stopped) {
      return;
    }
    int worker = task.worker;
    if (!started.get(worker)) {
      // What a dataset does is native calls and files, which would pin the carriers of virtual ones
      Thread.ofPlatform()
          .daemon()
          .inheritInheritableThreadLocals(false)
          .name("chagres-loader-" + number + "-worker-" + worker)
          .start(new Worker(worker));
      started.set(worker);
      Crowd.join();
    }
    outstanding.add(task);
    queues.get(worker).add(task);
  }

  /** Puts a failure in the line of batches. */
  synchronized void fail(Task task, Throwable failure) {
    task.made.complete(new Made(failure));
    outstanding.add(task);
  }

  /** Returns the first batch that was not taken, or null if there is none. */
  synchronized @Nullable Task first() {
    return outstanding.peek();
  }

  /** Takes the first batch out of the line; false if the crew was stopped before. */
  synchronized boolean remove() {
    return outstanding.poll() != null;
  }

  /** Lets each worker go home after what it has to do: nothing will be given any more. */
  synchronized void finish() {
    if (!finished) {
      finished = true;
      for (BlockingQueue<Task> queue : queues) {
        queue.add(END);
      }
    }
  }

  /** Lets the workers go home as soon as they can, and gives back what they made. */
  synchronized void stop() {
    stopped = true;
    for (BlockingQueue<Task> queue : queues) {
      queue.clear();
      queue.add(END);
    }
    for (Task task : outstanding) {
      if (!task.made.complete(closed())) {
        task.made.join().discard();
      }
    }
    outstanding.clear();
  }

  private static Made closed() {
    return new Made(new IllegalStateException("next: the pass was closed"));
  }

  /** What one thread does. */
  private final class Worker implements Runnable {
    private final int number;
    private final BlockingQueue<Task> queue;
    private @Nullable Fetching own;

    Worker(int number) {
      this.number = number;
      queue = queues.get(number);
    }

    @Override
    public void run() {
      try (var _ = DefaultDevice.use(setting.device);
          var _ = setting.use();
          var _ = Generator.useSeed(seed + number)) {
        boolean isThereMore;
        do {
          isThereMore = step(null);
        } while (isThereMore);
      } catch (Throwable e) {
        boolean isThereMore;
        do {
          isThereMore = step(e);
        } while (isThereMore);
      } finally {
        Crowd.leave();
      }
    }

    /**
     * Waits for a task and does it, or lets it fail; false at the end. Between two, nothing here
     * holds the last batch.
     */
    private boolean step(@Nullable Throwable broken) {
      Task task = next();
      if (task == END) {
        return false;
      }
      Made made = broken == null ? make(task.indices) : new Made(broken);
      if (!task.made.complete(made)) {
        made.discard();
      }
      return true;
    }

    private Made make(long[] indices) {
      try {
        return new Made(chosen -> fetching().fetch(chosen), delivery, indices);
      } catch (Throwable e) {
        return new Made(e);
      }
    }

    private Fetching fetching() {
      Fetching made = own;
      if (made == null) {
        made = fetching.apply(number);
        own = made;
      }
      return made;
    }

    /** Waits for something to do. An interrupt that a dataset left behind is none of ours. */
    private Task next() {
      while (true) {
        try {
          return queue.take();
        } catch (InterruptedException cleared) {
          // once more
        }
      }
    }
  }
}
