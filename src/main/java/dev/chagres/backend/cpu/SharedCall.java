package dev.chagres.backend.cpu;

import org.jspecify.annotations.Nullable;

/**
 * One call of OpenBLAS on several threads of our team. Its threads pack the operands together,
 * where calls of a single thread each would pack one of them twice. OpenBLAS's jobs wait for one
 * another, so only threads that have already joined take part: one that the system has put aside is
 * not waited for. In the process one call is shared at a time.
 *
 * <p>The team runs a task of which the first position makes the call, and the others {@link #join}.
 */
final class SharedCall implements AutoCloseable {
  /**
   * How many nanoseconds a call waits at most, however large it is. A thread that is awake joins
   * within microseconds; one that has not by then was put aside by the system, which gives it back
   * after milliseconds or later.
   */
  private static final long LONGEST_WAIT = 2_000_000;

  private int helpers;
  private final long patience;
  private boolean closed;

  private SharedCall(int helpers, long patience) {
    this.helpers = helpers;
    this.patience = patience;
  }

  /**
   * Begins a call for others to join, or returns null if there is one, or OpenBLAS cannot share.
   *
   * @param helpers how many threads are to join
   * @param patience how many nanoseconds to wait for them; two milliseconds at most
   */
  static @Nullable SharedCall open(int helpers, long patience) {
    return OpenBlas.shares() && Kernels.shareOpen()
        ? new SharedCall(helpers, Math.min(patience, LONGEST_WAIT))
        : null;
  }

  /** Works for the call until it is closed; returns at once if it has gone on without. */
  static void join() {
    Kernels.shareJoin();
  }

  /** Waits for the helpers and returns how many there are. The thread then makes the call. */
  int seal() {
    return closed ? 0 : Kernels.shareSeal(helpers, patience);
  }

  /** Lets {@link #seal} not wait; a thread that looked for an earlier call may have joined. */
  void expectNobody() {
    helpers = 0;
  }

  /** Lets the helpers go. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Kernels.shareClose();
    }
  }
}
