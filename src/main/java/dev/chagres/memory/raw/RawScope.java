package dev.chagres.memory.raw;

/** What a scope has for this library alone; {@link RawMemory} is the door to it. */
public abstract class RawScope {
  /** For the scopes of this library. */
  protected RawScope() {}

  /** Tells whether no scope that this thread has open is inside this one, which is its own. */
  protected abstract boolean isInnermost();

  /** Runs the body as if this scope were not open. */
  protected abstract void suspend(Runnable body);

  /** Ends this scope, the innermost of its thread, and frees nothing. */
  protected abstract void detach();

  /** Gives what this scope owned when it was detached to the innermost scope of this thread. */
  protected abstract void handOver();
}
