package dev.chagres.distributed;

import dev.chagres.backend.cuda.CudaException;
import dev.chagres.backend.cuda.CudaRuntime;
import dev.chagres.backend.cuda.DeviceStream;
import dev.chagres.backend.cuda.Nccl;
import dev.chagres.core.Device;
import dev.chagres.memory.raw.Lane;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A rank's place among the others: when it may be called, what its thread calls at once with other
 * ranks, and how it ends.
 */
final class Rank {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** The ranks that this thread calls for within {@link #together}, locked until its end. */
  private static final ThreadLocal<@Nullable List<Rank>> TOGETHER = new ThreadLocal<>();

  private final Nccl nccl;
  private final Device device;
  private final Clique clique;
  private final Runnable leave;
  private final ReentrantLock lock = new ReentrantLock();

  /** The streams that the rank's work was put into. */
  private final Set<DeviceStream> used = new HashSet<>();

  private boolean closed;
  private boolean aborted;

  Rank(Nccl nccl, Device device, Clique clique, Runnable leave) {
    this.nccl = nccl;
    this.device = device;
    this.clique = clique;
    this.leave = leave;
    clique.join(this);
  }

  // ---- calls

  /** Makes the calls of a thread, for several ranks, at once. */
  static void together(Runnable calls) {
    if (TOGETHER.get() != null) {
      calls.run();
      return;
    }
    if (!Nccl.whyNot().isEmpty()) {
      throw new IllegalStateException("together: " + Nccl.whyNot());
    }
    List<Rank> locked = new ArrayList<>();
    TOGETHER.set(locked);
    try {
      Nccl.group(calls);
    } catch (CudaException e) {
      locked.forEach(each -> each.clique.abort("together: " + e.getMessage()));
      throw new IllegalStateException("together: " + e.getMessage(), e);
    } finally {
      TOGETHER.remove();
      locked.forEach(each -> each.lock.unlock());
    }
  }

  /** Makes calls of one operation, which has this name. */
  void call(String name, Runnable calls) {
    lock.lock();
    List<Rank> locked = TOGETHER.get();
    if (locked != null) {
      locked.add(this);
    }
    try {
      checkUsable(name);
      nccl.checkWork();
      used.add(CudaRuntime.currentStream(device));
      Nccl.group(calls);
    } catch (CudaException e) {
      clique.abort("rank " + nccl.rank() + ": " + e.getMessage());
      throw new IllegalStateException(name + ": " + e.getMessage(), e);
    } finally {
      if (locked == null) {
        lock.unlock();
      }
    }
  }

  void checkUsable(String name) {
    if (closed) {
      throw new IllegalStateException(name + ": the process group is closed");
    }
    String reason = clique.reason();
    if (reason != null) {
      throw new IllegalStateException(name + ": the process group was aborted: " + reason);
    }
  }

  // ---- the end

  /** Waits until what it was given is done, and leaves the others. */
  void close() {
    awaitWork();
    lock.lock();
    try {
      if (!closed) {
        closed = true;
        if (!aborted && clique.reason() == null) {
          aborted = true;
          nccl.close();
        }
        leave.run();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until what was put into streams is done, or the ranks are aborted meanwhile. */
  private void awaitWork() {
    List<Lane.Mark> marks = new ArrayList<>();
    lock.lock();
    try {
      if (!closed && clique.reason() == null) {
        used.forEach(stream -> marks.add(stream.mark()));
      }
    } finally {
      lock.unlock();
    }
    try {
      for (Lane.Mark mark : marks) {
        while (!mark.isDone() && clique.reason() == null) {
          Thread.sleep(1);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // who interrupts does not want to wait
    } finally {
      marks.forEach(Lane.Mark::close);
    }
  }

  /** Ends this rank and its clique, and waits a while until that is done. */
  void abort(String reason) {
    Thread aborting = clique.abort(reason);
    if (aborting != null && !lock.isHeldByCurrentThread()) {
      try {
        aborting.join(PATIENCE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Ends this rank alone. */
  void end() {
    lock.lock();
    try {
      if (!aborted) {
        aborted = true;
        nccl.abort();
      }
    } catch (CudaException e) {
      // NCCL has found out by itself, and that it ends is what was wanted
      System.getLogger(Rank.class.getName()).log(System.Logger.Level.DEBUG, "abort", e);
    } finally {
      lock.unlock();
    }
  }
}
