package dev.chagres.memory.raw;

import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Looks on while memory is allocated. */
public interface AllocationObserver {
  /**
   * Runs an allocation and returns what it made.
   *
   * @param bytes how many were asked for
   * @param live tells how many bytes of the same device's memory are in use
   */
  <S extends RawStorage> S allocate(long bytes, Supplier<S> allocation, LongSupplier live);
}
