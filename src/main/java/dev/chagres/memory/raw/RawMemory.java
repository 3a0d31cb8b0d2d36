package dev.chagres.memory.raw;

import java.lang.foreign.MemorySegment;

/** What this library alone may do with storages and scopes. */
public final class RawMemory {
  private RawMemory() {}

  /**
   * Returns the memory for native calls, at no cost: exactly as long as the storage and in the
   * global scope, so that nothing but this call guards against its use after the end. Whoever
   * passes it to native code keeps the storage reachable until the call returns.
   *
   * @throws IllegalStateException if the storage was freed, or the arena of a wrapped segment is
   *     closed
   * @throws WrongThreadException if a wrapped segment belongs to another thread
   */
  public static MemorySegment of(RawStorage storage) {
    return storage.segment();
  }

  // ---- versions

  /** Returns how often the contents were announced to change, by any view. */
  public static long version(RawStorage storage) {
    return storage.version;
  }

  /**
   * Announces that the contents are about to change in place.
   *
   * @throws IllegalStateException if the storage wraps read-only memory
   */
  public static void bumpVersion(RawStorage storage) {
    storage.checkWritable();
    storage.version++;
  }

  // ---- claims

  /**
   * Notes that one more party of this thread's computation counts on the contents. Claims keep
   * nothing alive: they tell the one who makes them when the last is gone.
   */
  public static void claim(RawStorage storage) {
    storage.claims++;
  }

  /** Takes a claim back and returns how many are left. */
  public static int unclaim(RawStorage storage) {
    return --storage.claims;
  }

  /** Returns how many claims there are. */
  public static int claims(RawStorage storage) {
    return storage.claims;
  }

  // ---- lanes

  /**
   * Notes that work which was just given to a lane uses the memory: if that is another lane than
   * the memory's own, the memory is not reused before that work is done.
   */
  public static void use(RawStorage storage, Lane lane) {
    if (storage.lane() != lane.index()) {
      storage.use(lane);
    }
  }

  // ---- scopes

  /** Tells whether closing the scope would free the storage. */
  @SuppressWarnings("ReferenceEquality") // A scope is itself.
  public static boolean owns(RawScope scope, RawStorage storage) {
    return storage.scope() == scope;
  }

  /** Tells whether the innermost scope of this thread owns the storage. */
  public static boolean innermostOwns(RawStorage storage) {
    RawScope scope = storage.scope();
    return scope != null && scope.isInnermost();
  }

  /**
   * Runs the body as if the scope, the innermost of its thread, were not open: what the body makes
   * belongs to the enclosing scope.
   *
   * @throws IllegalStateException if another scope of this thread is inside this one, or on another
   *     thread
   */
  public static void suspend(RawScope scope, Runnable body) {
    scope.suspend(body);
  }
}
