package dev.chagres.memory.raw;

import org.jspecify.annotations.Nullable;

/** Who looks on while memory is allocated: nobody, most of the time. */
public final class Allocations {
  private static volatile @Nullable AllocationObserver observer;

  private Allocations() {}

  /** Shows all allocations from now on to an observer, or to nobody. */
  public static void observe(@Nullable AllocationObserver by) {
    observer = by;
  }

  /** Returns who looks on, or null. */
  public static @Nullable AllocationObserver observer() {
    return observer;
  }
}
