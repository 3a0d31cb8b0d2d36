package dev.chagres.backend.cpu;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/**
 * Threads with large stacks for LAPACK, whose recursion and local arrays may not fit the one that
 * Java gives a thread. They end when they are idle.
 */
final class BigStack {
  private static final long STACK_BYTES = 64L << 20;
  private static final long IDLE_SECONDS = 5;

  private static final ThreadPoolExecutor THREADS = threads();

  private BigStack() {}

  private static ThreadPoolExecutor threads() {
    int count = Runtime.getRuntime().availableProcessors();
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            count,
            count,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform()
                .daemon()
                .name("chagres-lapack-", 1)
                .stackSize(STACK_BYTES)
                .inheritInheritableThreadLocals(false)
                .factory());
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /**
   * Runs a call on one of the threads and waits for its result, interrupted or not: native code
   * that uses the caller's memory cannot be left.
   */
  static int call(IntSupplier body) {
    FutureTask<Integer> task = new FutureTask<>(body::getAsInt);
    THREADS.execute(task);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return value(task);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static int value(Future<Integer> task) throws InterruptedException {
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw new IllegalStateException(e);
    }
  }
}
