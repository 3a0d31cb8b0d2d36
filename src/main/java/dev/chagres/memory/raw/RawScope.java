package dev.chagres.memory.raw;

/** What a scope has for this library alone; {@link RawMemory} is the door to it. */
public abstract class RawScope {
  /** For the scopes of this library. */
  protected RawScope() {}

  /** Tells whether no scope that this thread has open is inside this one, which is its own. */
  protected abstract boolean isInnermost();

  /** Runs the body as if this scope were not open. */
  protected abstract void suspend(Runnable body);
}
