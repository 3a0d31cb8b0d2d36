package dev.chagres.autograd;

import org.jspecify.annotations.Nullable;

/**
 * Whether operations are recorded on the current thread. They are, unless switched off. Switches
 * nest: closing one ends also those that were opened inside it and are still open.
 */
public final class GradMode implements AutoCloseable {
  private static final ThreadLocal<State> STATE = ThreadLocal.withInitial(State::new);

  /** What the thread is doing. */
  static final class State {
    boolean enabled = true;
    @Nullable GradMode innermost;
    @Nullable Backward<?> pass;
  }

  private final State state;
  private final boolean before;
  private final @Nullable GradMode outer;
  private boolean closed;

  private GradMode(boolean enabled) {
    this.state = state();
    this.before = state.enabled;
    this.outer = state.innermost;
    state.enabled = enabled;
    state.innermost = this;
  }

  static State state() {
    return STATE.get();
  }

  public static boolean isEnabled() {
    return state().enabled;
  }

  /** Stops recording until the result is closed. */
  public static GradMode disable() {
    return new GradMode(false);
  }

  /** Records until the result is closed. */
  public static GradMode enable() {
    return new GradMode(true);
  }

  /**
   * Goes back to what was before. Closing twice, or after one outside it, is harmless; closing on
   * another thread is an {@link IllegalStateException}.
   */
  @Override
  public void close() {
    if (!closed) {
      if (state != state()) {
        throw new IllegalStateException(
            "grad mode was changed on another thread, and must be changed back there");
      }
      GradMode inner = state.innermost;
      while (inner != null && inner != this) {
        inner.closed = true;
        inner = inner.outer;
      }
      closed = true;
      state.innermost = outer;
      state.enabled = before;
    }
  }
}
