package dev.chagres.backend.cuda;

import java.lang.foreign.MemorySegment;

/** A kernel that is loaded on a device, for as long as the program runs. */
final class Kernel {
  private final String expression;
  private final MemorySegment function;

  /** How much shared memory launches may have beside what the kernel declares, as asked so far. */
  private volatile int allowedShared;

  /**
   * For a kernel that was just loaded.
   *
   * @param expression the C++ expression that names it
   * @param function the driver's handle
   */
  Kernel(String expression, MemorySegment function) {
    this.expression = expression;
    this.function = function;
  }

  String expression() {
    return expression;
  }

  MemorySegment function() {
    return function;
  }

  /**
   * Lets launches have so much shared memory beside what the kernel declares, while the context of
   * its device is current. What is allowed never falls, since other threads may be launching it.
   */
  void allowShared(int bytes) {
    if (bytes > allowedShared) {
      raiseShared(bytes);
    }
  }

  private synchronized void raiseShared(int bytes) {
    if (bytes > allowedShared) {
      Driver.allowShared(function, bytes);
      allowedShared = bytes;
    }
  }
}
