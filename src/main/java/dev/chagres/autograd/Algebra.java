package dev.chagres.autograd;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the engine must be able to do with gradients, and what it tells about them, so that their
 * memory can be given back early.
 */
public interface Algebra<T> {
  /** Returns the sum of two gradients. The first is not used again. */
  T add(T a, T b);

  /** The engine keeps a reference to this gradient until it says {@link #dropped}. */
  default void held(T gradient) {}

  /** The engine has no more use for a gradient that it held. */
  default void dropped(T gradient) {}

  /** Returns whether a gradient has a NaN; asked only where anomalies are detected. */
  default boolean hasNaN(T gradient) {
    return false;
  }

  /**
   * Runs code of the user's, such as a hook, which is shown gradients; these, and what the code
   * makes, may outlive the pass.
   */
  default void outside(List<@Nullable T> shown, Runnable code) {
    code.run();
  }
}
