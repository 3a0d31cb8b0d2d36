package dev.chagres.backend.cpu;

import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * One call of OpenBLAS on several threads of our team. Its threads pack the operands together,
 * where calls of a single thread each would pack one of them twice. OpenBLAS's jobs wait for one
 * another, so only threads that have already joined take part: one that the system has put aside is
 * not waited for. In the process one call is shared at a time.
 *
 * <p>While a call is shared OpenBLAS is set to several threads, for every call in the process. A
 * product that finds that goes on with new threads. A routine of LAPACK, which is many calls one
 * after the other, each of which looks at that number, must not find it. So LAPACK waits until the
 * shared call is over, and no call is shared while LAPACK runs or waits.
 */
final class SharedCall implements AutoCloseable {
  /**
   * How many nanoseconds a call waits at most, however large it is. A thread that is awake joins
   * within microseconds; one that has not by then was put aside by the system, which gives it back
   * after milliseconds or later.
   */
  private static final long LONGEST_WAIT = 2_000_000;

  /** Several calls of LAPACK may read, one call that is shared writes. */
  private static final ReentrantReadWriteLock GATE = new ReentrantReadWriteLock();

  private int helpers;
  private final long patience;
  private boolean closed;

  private SharedCall(int helpers, long patience) {
    this.helpers = helpers;
    this.patience = patience;
  }

  /**
   * Begins a call for others to join, or returns null if there is one, LAPACK runs or waits to run,
   * or OpenBLAS cannot share. The thread that begins it closes it.
   *
   * @param helpers how many threads are to join
   * @param patience how many nanoseconds to wait for them; two milliseconds at most
   */
  static @Nullable SharedCall open(int helpers, long patience) {
    // Nobody overtakes LAPACK: products one after another would keep it out for ever.
    if (!OpenBlas.shares()
        || GATE.hasQueuedThreads()
        || GATE.isWriteLocked()
        || !GATE.writeLock().tryLock()) {
      return null;
    }
    SharedCall call = null;
    try {
      SharedCall next = new SharedCall(helpers, Math.min(patience, LONGEST_WAIT));
      call = ProductCalls.shareOpen() ? next : null;
      return call;
    } finally {
      if (call == null) {
        GATE.writeLock().unlock();
      }
    }
  }

  /** Waits until no call is shared, and lets none be until {@link #letIn} of this thread. */
  static void keepOut() {
    GATE.readLock().lock();
  }

  static void letIn() {
    GATE.readLock().unlock();
  }

  /** Whether LAPACK runs or waits: a product is then cut into blocks for the threads instead. */
  static boolean isKeptOut() {
    return GATE.getReadLockCount() > 0 || GATE.hasQueuedThreads();
  }

  /** Works for the call until it is closed; returns at once if it has gone on without. */
  static void join() {
    ProductCalls.shareJoin();
  }

  /** Waits for the helpers and returns how many there are. The thread then makes the call. */
  int seal() {
    return closed ? 0 : ProductCalls.shareSeal(helpers, patience);
  }

  /** Lets {@link #seal} not wait; a thread that looked for an earlier call may have joined. */
  void expectNobody() {
    helpers = 0;
  }

  /** Lets the helpers go. */
  @Override
  public void close() {
    if (!closed) {
      // Once more from an outer frame, if the stack ended here.
      if (GATE.isWriteLockedByCurrentThread()) {
        ProductCalls.shareClose();
        GATE.writeLock().unlock();
      }
      closed = true;
    }
  }
}
