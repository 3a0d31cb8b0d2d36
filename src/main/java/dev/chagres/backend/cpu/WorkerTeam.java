package dev.chagres.backend.cpu;

import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A few threads that share the work on one range at a time. The calling thread takes part: it
 * publishes a job and begins; workers that notice take further pieces of the range until none is
 * left. Each has a part of the range where it begins, the same in jobs of one size, so that what
 * lies in its cache is used again, and helps in the others' parts when its own is done. Nobody is
 * waited for who has not taken a piece, so a worker that the system has put aside costs nothing but
 * its help.
 *
 * <p>After a job a worker waits awake for {@value #SPIN_MICROS} µs, in which it notices a job
 * within about a microsecond, and then parks. After a few of them it offers its processor to others
 * at every look, as the system may have put the caller in line behind it. To wake one takes the
 * caller ten, so that a job of less than {@value #GRAINS_TO_WAKE} grains does it only if it comes
 * as soon after another. If the team is busy with another thread's job, or a job starts a job, the
 * caller does its whole range alone.
 *
 * <p>So it does for a while after the system has put one of the threads aside in the middle of a
 * piece, for {@value #RETREAT} times as long as that has lasted, or as much less as the threads had
 * worked together longer than that since it last happened. On a quiet machine it happens about ten
 * times a second, for one to five milliseconds, and the team is back almost at once; beside a busy
 * neighbour it happens whenever the threads have worked together for as long, and the caller stays
 * alone most of the time, at the speed of one thread.
 */
public final class WorkerTeam {
  private static final Worker[] NONE = {};
  private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

  /** The team that the CPU backend uses. */
  static final WorkerTeam SHARED = new WorkerTeam(CpuTopology.usefulThreads());

  /** More than any machine has processors. */
  private static final int MOST_THREADS = 1024;

  private static final int SPIN_MICROS = 40;
  private static final long SPIN_NANOS = SPIN_MICROS * 1000L;
  private static final long BUSY_SPIN_NANOS = 1_000_000;

  /** For how long a worker that waits keeps its processor from others. */
  private static final long ALONE_NANOS = 5_000;

  /**
   * Pieces for each thread where there are grains enough: they even out threads of unequal speed,
   * but short jobs are faster in one piece for each.
   */
  private static final int PIECES_PER_THREAD = 4;

  /** From this many grains for each thread on, there is more than one piece for each. */
  private static final int GRAINS_PER_THREAD = 32;

  /** How many pieces a grain makes that workers may take which are awake. */
  private static final int PIECES_PER_GRAIN = 4;

  /** So many grains are worth waking a worker for, though no other job may follow. */
  private static final int GRAINS_TO_WAKE = 4;

  /**
   * If one thread is done this much later than another, and has taken more than twice as long, the
   * system has put it aside in the middle of its work: others want the processors.
   */
  private static final long LATE_NANOS = 200_000;

  /** How many times as long as that has lasted the caller then does its jobs alone, at most. */
  private static final long RETREAT = 8;

  /** Long pieces begin at cache lines, whatever an element's size. */
  private static final long LINE = 64;

  /** Work on a part of a range. */
  @FunctionalInterface
  public interface RangeTask {
    /** Does the positions from {@code from} (inclusive) to {@code to} (exclusive). */
    void run(long from, long to);
  }

  private final AtomicInteger busy = new AtomicInteger();
  private volatile @Nullable Job current;
  private final ThreadFactory factory;
  private volatile int threads;
  private Worker[] workers = NONE;

  /** How many workers were last wanted: more than there are if the system has no more threads. */
  private int wanted;

  /** How long threads have worked together since one was late, in nanoseconds. */
  private long shared;

  /** Until when jobs are done alone; 0 for no such time. */
  private volatile long retreatEnd;

  /** When a job ended that was too short to wake a worker for. */
  private long lastShort = System.nanoTime() - SPIN_NANOS;

  /** Creates a team whose threads start when they are first needed. */
  WorkerTeam(int threads) {
    this(threads, Thread.ofPlatform().daemon().inheritInheritableThreadLocals(false).factory());
  }

  WorkerTeam(int threads, ThreadFactory factory) {
    this.threads = checked(threads);
    this.factory = factory;
  }

  private static int checked(int threads) {
    if (threads < 1 || threads > MOST_THREADS) {
      throw new IllegalArgumentException(
          "setNumThreads: " + threads + " is not between 1 and " + MOST_THREADS);
    }
    return threads;
  }

  /** Returns the number of threads that work on a range, the calling one included. */
  public int threads() {
    return threads;
  }

  /** Changes the number of threads, the calling one included, for jobs that begin after this. */
  public void setThreads(int count) {
    threads = checked(count);
  }

  /**
   * Whether {@link #run} may share a range of so many positions between threads. A caller that has
   * a shorter way without a task takes it if not.
   */
  boolean shares(long n, long grain) {
    return n >= 2 * least(grain) && threads > 1;
  }

  /** Returns how many positions a piece has at least. */
  private static long least(long grain) {
    return Math.max(1, grain / PIECES_PER_GRAIN);
  }

  /**
   * Runs a task on all of {@code 0 … n - 1}, in pieces of at least a quarter of {@code grain}
   * positions (the last may be shorter), on several threads if there are at least two pieces. A
   * grain is about 15 µs of work, or one position if that is more. Returns when all is done, and
   * all that the task wrote is visible to the caller. Each position is done once; the first is done
   * by the caller, which thread does another is not defined. If the system cannot start a worker,
   * the team goes on with those that it has until the number of threads changes.
   *
   * @throws RuntimeException what the task threw; pieces that had not begun are left out then
   */
  public void run(long n, long grain, RangeTask task) {
    int available = threads;
    if (!shares(n, grain) || isRetreating() || !busy.compareAndSet(0, 1)) {
      if (n > 0) {
        task.run(0, n);
      }
      return;
    }
    Job job;
    try {
      staff(available - 1);
      if (grain > 1 && n < GRAINS_TO_WAKE * grain && !isAwake()) {
        task.run(0, n);
        lastShort = System.nanoTime();
        return;
      }
      int staff = workers.length + 1;
      long many = n / grain >= (long) GRAINS_PER_THREAD * staff ? PIECES_PER_THREAD : 1;
      job = new Job(task, n, pieceOf(n, Math.min(n / least(grain), many * staff)), staff);
      long start = System.nanoTime();
      call(job);
      job.work(0);
      long own = System.nanoTime();
      job.await();
      job.forget();
      retreatFrom(start, own, job.lastEnd());
    } finally {
      busy.set(0);
    }
    job.rethrow();
  }

  /**
   * Draws the conclusion from when a job began, the caller was done with its part, and the last
   * worker with its own. Only the holder of {@code busy} comes here.
   */
  private void retreatFrom(long start, long own, long others) {
    if (others == 0) {
      return;
    }
    long late = Math.abs(others - own);
    long together = Math.min(own, others) - start;
    if (late > LATE_NANOS && late > together) {
      retreatEnd = System.nanoTime() + retreat(late, shared);
      shared = 0;
    } else {
      shared += together;
    }
  }

  /**
   * Returns for how many nanoseconds jobs are done alone after one was late by {@code late}, when
   * threads had worked together for {@code shared} since the last that was.
   */
  static long retreat(long late, long shared) {
    return (long) (RETREAT * late * Math.min(1, late / Math.max(1.0, (double) shared)));
  }

  private boolean isRetreating() {
    long end = retreatEnd;
    if (end == 0) {
      return false;
    }
    if (System.nanoTime() - end < 0) {
      return true;
    }
    retreatEnd = 0;
    return false;
  }

  private static long pieceOf(long n, long pieces) {
    long piece = (n + pieces - 1) / pieces;
    return piece < LINE * LINE ? piece : (piece + LINE - 1) / LINE * LINE;
  }

  /**
   * Whether a short job will find a worker awake, or may wake one as another short job was there
   * just before: more will come. Only the holder of {@code busy} comes here.
   */
  private boolean isAwake() {
    return workers.length == 0
        || workers[0].asleep == 0
        || System.nanoTime() - lastShort < SPIN_NANOS;
  }

  /** Shows a job to as many workers as have a part in it. */
  private void call(Job job) {
    current = job;
    for (int i = 0; i < job.hands - 1; i++) {
      workers[i].wake();
    }
  }

  /**
   * Has so many workers, or as many as the system has threads for. Only the holder of {@code busy}
   * comes here.
   */
  private void staff(int count) {
    if (count == wanted) {
      return;
    }
    wanted = count;
    for (int i = count; i < workers.length; i++) {
      workers[i].dismiss();
    }
    int kept = Math.min(count, workers.length);
    Worker[] next = Arrays.copyOf(workers, count);
    try {
      for (; kept < count; kept++) {
        next[kept] = new Worker(this, kept + 1);
      }
    } catch (OutOfMemoryError e) {
      System.getLogger(WorkerTeam.class.getName())
          .log(
              Level.WARNING,
              "setNumThreads: operations go on with {0} of {1} threads, as another could not be"
                  + " started: {2}",
              kept + 1,
              count + 1,
              e.getMessage());
    } finally {
      workers = Arrays.copyOf(next, kept);
    }
  }

  /** One range: who takes a piece next, and how many are done. */
  private static final class Job {
    /** Longs between two counters, so that no two share a cache line. */
    private static final int SPACING = 16;

    private final long n;
    private final long piece;
    private final long pieces;
    private final int hands;
    private final Thread caller = Thread.currentThread();

    /**
     * How many pieces are done and when a worker was done last, and then, for each part, the next
     * piece to take and whether its own thread has begun.
     */
    private final long[] counters;

    private volatile @Nullable RangeTask task;
    private volatile boolean waiting;
    private volatile @Nullable Throwable failure;

    Job(RangeTask task, long n, long piece, int staff) {
      this.task = task;
      this.n = n;
      this.piece = piece;
      this.pieces = (n + piece - 1) / piece;
      this.hands = (int) Math.min(staff, pieces);
      counters = new long[(hands + 2) * SPACING];
      for (int part = 0; part < hands; part++) {
        counters[at(part)] = first(part);
      }
      counters[at(0)] = 1; // the first piece is the caller's
    }

    private static int at(int part) {
      return (part + 2) * SPACING;
    }

    /** Returns the first piece of a part, which is also the end of the part before. */
    private long first(int part) {
      return pieces * part / hands;
    }

    /**
     * Takes the pieces of the part of this number, and then of parts that lag behind: the last
     * piece of one is left to whoever has begun it.
     */
    void work(int number) {
      if (number < hands) {
        LONGS.setOpaque(counters, at(number) + 1, 1L);
        if (number == 0) {
          run(0);
        }
        takeFrom(number, 0);
      }
      // A worker that was not called but is awake helps too.
      for (int i = 1; i <= hands; i++) {
        int part = (number + i) % hands;
        takeFrom(part, (long) LONGS.getOpaque(counters, at(part) + 1));
      }
    }

    /** When a worker was done last, or 0. */
    long lastEnd() {
      return (long) LONGS.getVolatile(counters, SPACING + 1);
    }

    /** Takes pieces of a part while more than that many are left. */
    private void takeFrom(int part, long left) {
      long end = first(part + 1);
      long index;
      while ((long) LONGS.getOpaque(counters, at(part)) < end - left
          && (index = (long) LONGS.getAndAdd(counters, at(part), 1L)) < end) {
        run(index);
      }
    }

    @SuppressWarnings("ReferenceEquality") // A thread is itself.
    private void run(long index) {
      RangeTask body = task;
      try {
        if (body != null && failure == null) {
          body.run(index * piece, Math.min(n, (index + 1) * piece));
        }
      } catch (Throwable e) {
        failure = e;
      } finally {
        if (Thread.currentThread() != caller) {
          noteLatest(counters, SPACING + 1, System.nanoTime());
        }
        if ((long) LONGS.getAndAdd(counters, SPACING, 1L) + 1 == pieces && waiting) {
          LockSupport.unpark(caller);
        }
      }
    }

    private boolean isDone() {
      return (long) LONGS.getVolatile(counters, SPACING) == pieces;
    }

    /** Waits for the pieces that others have taken. */
    void await() {
      long deadline = 0;
      boolean interrupted = false;
      while (!isDone()) {
        if (deadline == 0) {
          deadline = System.nanoTime() + SPIN_NANOS;
        } else if (System.nanoTime() - deadline < 0) {
          pause();
        } else {
          // Whoever a piece was left to is not running.
          for (int part = 0; part < hands; part++) {
            takeFrom(part, 0);
          }
          waiting = true;
          while (!isDone()) {
            LockSupport.park(this);
            interrupted |= Thread.interrupted();
          }
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    /** Lets go of the task, which a worker that keeps this job must not hold in memory. */
    void forget() {
      task = null;
    }

    void rethrow() {
      switch (failure) {
        case null -> {}
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case Throwable e -> throw new IllegalStateException(e);
      }
    }
  }

  /** Sets an element to a time, unless it has a later one from another thread; 0 is none. */
  static void noteLatest(long[] times, int at, long time) {
    long seen = (long) LONGS.getVolatile(times, at);
    while (seen == 0 || time - seen > 0) {
      long found = (long) LONGS.compareAndExchange(times, at, seen, time);
      if (found == seen) {
        return;
      }
      seen = found;
    }
  }

  private static void pause() {
    for (int i = 0; i < 16; i++) {
      Thread.onSpinWait();
    }
  }

  /** A thread of the team. */
  private static final class Worker implements Runnable {
    private static final VarHandle ASLEEP;

    static {
      try {
        ASLEEP = MethodHandles.lookup().findVarHandle(Worker.class, "asleep", int.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    private final WorkerTeam team;
    private final int number;
    private final Thread thread;
    private volatile int asleep;
    private volatile boolean dismissed;

    Worker(WorkerTeam team, int number) {
      this.team = team;
      this.number = number;
      this.thread = team.factory.newThread(this);
      thread.setName("chagres-worker-" + number);
      thread.setContextClassLoader(null);
      thread.start();
    }

    void wake() {
      if (asleep != 0 && ASLEEP.compareAndSet(this, 1, 0)) {
        LockSupport.unpark(thread);
      }
    }

    void dismiss() {
      dismissed = true;
      asleep = 0;
      LockSupport.unpark(thread);
    }

    @Override
    public void run() {
      Job seen = null;
      while (!dismissed) {
        Job job = next(seen);
        if (job != null) {
          job.work(number);
          seen = job;
        }
      }
    }

    /**
     * Returns a job other than the last one, or null if the worker is dismissed or nothing came.
     */
    private @Nullable Job next(@Nullable Job seen) {
      long start = System.nanoTime();
      long deadline = start + SPIN_NANOS;
      long now = start;
      do {
        Job job = team.current;
        if (job != seen) {
          return job;
        }
        if (now - start < ALONE_NANOS) {
          pause();
        } else {
          Thread.yield();
        }
        now = System.nanoTime();
        if (team.busy.get() != 0 && now - start < BUSY_SPIN_NANOS) {
          // It came too late for this job; the next one may follow at once.
          deadline = now + SPIN_NANOS;
        }
      } while (now - deadline < 0 && !dismissed);
      asleep = 1;
      while (asleep == 1 && team.current == seen && !dismissed) {
        LockSupport.park(team);
      }
      asleep = 0;
      return null;
    }
  }
}
