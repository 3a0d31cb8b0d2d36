package dev.chagres.memory.raw;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** What a storage has for this library alone; {@link RawMemory} is the door to it. */
public abstract class RawStorage {
  long version;
  int claims;

  /** For the storages of this library. */
  protected RawStorage() {}

  /** Returns the memory, which nothing guards once this call has returned. */
  protected abstract MemorySegment segment();

  /**
   * Checks that the memory may be written.
   *
   * @throws IllegalStateException if it is read-only
   */
  protected abstract void checkWritable();

  /** Returns the number of the lane that its memory belongs to; -1 if to none. */
  protected abstract int lane();

  /** Notes that work of a lane, which is under way, uses the memory. */
  protected abstract void use(Lane lane);

  /** Returns the scope that frees the storage, or null. */
  protected abstract @Nullable RawScope scope();
}
