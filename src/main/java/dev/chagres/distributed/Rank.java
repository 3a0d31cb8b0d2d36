package dev.chagres.distributed;

import dev.chagres.backend.cuda.Capture;
import dev.chagres.backend.cuda.CudaException;
import dev.chagres.backend.cuda.CudaRuntime;
import dev.chagres.backend.cuda.DeviceStream;
import dev.chagres.backend.cuda.Nccl;
import dev.chagres.core.Device;
import dev.chagres.memory.raw.Lane;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A rank's place among the others: when it may be called, what its thread calls at once with other
 * ranks, and how it ends.
 */
final class Rank {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** What this thread calls within {@link #together}. */
  private static final ThreadLocal<@Nullable Together> TOGETHER = new ThreadLocal<>();

  private final Nccl nccl;
  private final Device device;
  private final Clique clique;
  private final Runnable leave;
  private final ReentrantLock lock = new ReentrantLock();

  /** The streams that the rank's work was put into. */
  private final Set<DeviceStream> used = new HashSet<>();

  /** How many calls of all ranks this one has made, and messages to and from each other rank. */
  private final Map<String, Long> counts = new HashMap<>();

  private long calls;
  private volatile String latest = "";

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

  /** A call that a thread has made for a rank. */
  private record Made(Rank rank, DeviceStream stream, String what) {
    void watch() {
      // What is captured is done by replays, which are no calls.
      if (!Capture.isOn(rank.device)) {
        rank.clique.watch().add(rank, what, stream.mark());
      }
    }
  }

  /** What a thread calls at once: the ranks, locked until its end, and what was called. */
  private static final class Together {
    final List<Rank> locked = new ArrayList<>();
    final List<Made> made = new ArrayList<>();
  }

  /** Makes the calls of a thread, for several ranks, at once. */
  static void together(Runnable calls) {
    if (TOGETHER.get() != null) {
      calls.run();
      return;
    }
    if (!Nccl.whyNot().isEmpty()) {
      throw new IllegalStateException("together: " + Nccl.whyNot());
    }
    var together = new Together();
    TOGETHER.set(together);
    try {
      Nccl.group(calls);
      together.made.forEach(Made::watch);
    } catch (CudaException e) {
      together.locked.forEach(each -> each.clique.abort("together: " + e.getMessage()));
      throw new IllegalStateException("together: " + e.getMessage(), e);
    } finally {
      TOGETHER.remove();
      together.locked.forEach(each -> each.lock.unlock());
    }
  }

  /** Makes calls of one operation. */
  void call(Call call, Runnable calls) {
    lock.lock();
    Together together = TOGETHER.get();
    if (together != null) {
      together.locked.add(this);
    }
    try {
      checkUsable(call.name());
      nccl.checkWork();
      String what = agreed(call);
      DeviceStream stream = CudaRuntime.currentStream(device);
      used.add(stream);
      Nccl.group(calls);
      var made = new Made(this, stream, what);
      if (together == null) {
        made.watch();
      } else {
        together.made.add(made);
      }
    } catch (CudaException | UncheckedIOException e) {
      clique.abort("rank " + nccl.rank() + ": " + e.getMessage());
      throw new IllegalStateException(call.name() + ": " + e.getMessage(), e);
    } finally {
      if (together == null) {
        lock.unlock();
      }
    }
  }

  /** Counts a call, and returns it with its number; one that others do not call ends all. */
  private String agreed(Call call) {
    String what = ++calls + ", " + call;
    latest = what;
    long number = counts.merge(call.where(), 1L, Long::sum);
    int parties = call.isOfAll() ? clique.worldSize() : call.parties();
    String other =
        clique.contact().differing(call.where() + number, parties, number(), call.agreed());
    if (other != null) {
      String why =
          "rank %d has %s as its call %d, where %s".formatted(number(), call, calls, other);
      clique.abort(why);
      throw new IllegalStateException(call.name() + ": " + why);
    }
    return what;
  }

  /** Returns which rank this is. */
  int number() {
    return nccl.rank();
  }

  /** Returns the last call with its number, or an empty text. */
  String latest() {
    return latest;
  }

  @Nullable String reason() {
    return clique.reason();
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
    awaitEnd(clique.aborting()); // until the others have been told
    lock.lock();
    try {
      if (!closed) {
        closed = true;
        if (!aborted && clique.reason() == null) {
          aborted = true;
          nccl.close();
        }
        clique.watch().forget(this);
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
    awaitEnd(clique.abort(reason));
  }

  private void awaitEnd(@Nullable Thread aborting) {
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
