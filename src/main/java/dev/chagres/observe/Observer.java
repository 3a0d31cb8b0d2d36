package dev.chagres.observe;

import dev.chagres.memory.raw.AllocationObserver;
import java.util.function.Supplier;

/** Looks on while kernels run and memory is allocated; any number of threads call at once. */
public interface Observer extends AllocationObserver {
  /**
   * Runs a kernel.
   *
   * @param work says what it did, and is asked for on the same thread, afterwards if at all
   */
  void kernel(Runnable kernel, Supplier<Work> work);
}
