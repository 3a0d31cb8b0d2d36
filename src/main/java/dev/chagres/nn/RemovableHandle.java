package dev.chagres.nn;

/**
 * What was added to a module and can be taken off again, also at the end of a block: {@code try
 * (var _ = layer.registerForwardHook(hook)) { … }}.
 */
@FunctionalInterface
public interface RemovableHandle extends AutoCloseable {
  /** Takes it off; doing so twice is harmless. */
  void remove();

  /** Takes it off, as {@link #remove} does. */
  @Override
  default void close() {
    remove();
  }
}
