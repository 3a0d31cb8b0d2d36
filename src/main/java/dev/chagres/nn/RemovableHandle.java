package dev.chagres.nn;

/** What was added to a module and can be taken off again. */
@FunctionalInterface
public interface RemovableHandle {
  /** Takes it off; doing so twice is harmless. */
  void remove();
}
