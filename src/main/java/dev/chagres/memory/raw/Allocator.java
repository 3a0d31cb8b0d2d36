package dev.chagres.memory.raw;

import dev.chagres.core.Device;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The raw memory of one device. A pool asks it for few, large pieces and keeps them; it is called
 * under the pool's lock and need not be safe for several threads, but for {@link #view} and {@link
 * #lane}.
 */
public interface Allocator {

  /** Returns the device whose memory this is. */
  Device device();

  /**
   * Returns the address of fresh, uninitialised memory, aligned to 64 bytes at least, or 0 if there
   * is none.
   */
  long allocate(long bytes);

  /** Gives back what {@link #allocate} returned for this many bytes. */
  void free(long address, long bytes);

  /**
   * Is told that {@link #view} will be asked for other parts of what {@link #allocate} returned for
   * this many bytes than before: no storage has any of it.
   */
  default void recut(long address, long bytes) {}

  /**
   * Returns the segment that native calls take for this memory: in the global scope, {@code bytes}
   * long if the CPU can touch the memory and without any length if it cannot.
   */
  MemorySegment view(long address, long bytes);

  /** Returns the lane that the calling thread gives work to; null on a device that has but one. */
  default @Nullable Lane lane() {
    return null;
  }

  /** Returns how much memory the device has for this process, in bytes. */
  long capacity();

  /** Returns how many bytes of the device's memory no program has, or -1 if that is not known. */
  default long unused() {
    return -1;
  }
}
