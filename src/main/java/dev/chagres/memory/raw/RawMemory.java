package dev.chagres.memory.raw;

import java.lang.foreign.MemorySegment;

/** Something whose memory native code may be given, by this library alone. */
public abstract class RawMemory {
  /** For the storages of this library. */
  protected RawMemory() {}

  /** Returns the memory, which nothing guards once this call has returned. */
  protected abstract MemorySegment segment();

  /**
   * Returns the memory for native calls, at no cost: exactly as long as the storage and in the
   * global scope, so that nothing but this call guards against its use after the end. Whoever
   * passes it to native code keeps the storage reachable until the call returns.
   *
   * @throws IllegalStateException if the storage was freed, or the arena of a wrapped segment is
   *     closed
   * @throws WrongThreadException if a wrapped segment belongs to another thread
   */
  public static MemorySegment of(RawMemory memory) {
    return memory.segment();
  }
}
