package dev.chagres.autograd;

import org.jspecify.annotations.Nullable;

/**
 * Whether operations are recorded on the current thread, and whether with the place that they were
 * made at. They are, and they are not, unless switched. Switches nest: closing one ends also those
 * that were opened inside it and are still open.
 */
public final class GradMode implements AutoCloseable {
  private static final ThreadLocal<State> STATE = ThreadLocal.withInitial(State::new);

  /** Whether any thread has ever detected anomalies: until then nobody asks for its state. */
  private static volatile boolean everDetecting;

  private static volatile boolean detectingEverywhere;

  /** Whether any thread has ever been in inference mode: every new tensor asks. */
  private static volatile boolean everInferring;

  /** What the thread is doing. */
  static final class State {
    boolean enabled = true;
    boolean inference;
    boolean detecting;
    @Nullable GradMode innermost;
    @Nullable Backward<?> pass;
  }

  private final State state;
  private final boolean enabledBefore;
  private final boolean inferenceBefore;
  private final boolean detectingBefore;
  private final @Nullable GradMode outer;
  private boolean closed;

  private GradMode() {
    this.state = state();
    this.enabledBefore = state.enabled;
    this.inferenceBefore = state.inference;
    this.detectingBefore = state.detecting;
    this.outer = state.innermost;
    state.innermost = this;
  }

  static State state() {
    return STATE.get();
  }

  /** Returns whether operations of this thread are recorded: unless told otherwise, they are. */
  public static boolean isEnabled() {
    return state().enabled;
  }

  /** Stops recording until the result is closed. */
  public static GradMode disable() {
    GradMode mode = new GradMode();
    mode.state.enabled = false;
    return mode;
  }

  /** Records until the result is closed, unless inside {@link #inference()}. */
  public static GradMode enable() {
    GradMode mode = new GradMode();
    mode.state.enabled = !mode.state.inference;
    return mode;
  }

  /** Stops recording until the result is closed, whatever {@link #enable()} says meanwhile. */
  public static GradMode inference() {
    GradMode mode = disable();
    everInferring = true;
    mode.state.inference = true;
    return mode;
  }

  /** Returns whether this thread is inside {@link #inference()}. */
  public static boolean isInference() {
    return everInferring && state().inference;
  }

  /**
   * Detects anomalies on this thread until the result is closed: operations that are recorded
   * remember the line of the program that made them, and a backward pass says it of one whose rule
   * fails or returns NaN.
   */
  public static GradMode detectAnomaly() {
    GradMode mode = new GradMode();
    everDetecting = true;
    mode.state.detecting = true;
    return mode;
  }

  /** Detects anomalies on all threads from now on, or only where {@link #detectAnomaly()} does. */
  public static void detectAnomalyEverywhere(boolean detect) {
    everDetecting |= detect;
    detectingEverywhere = detect;
  }

  /** Returns whether this thread detects anomalies. */
  public static boolean isDetectingAnomaly() {
    return everDetecting && (detectingEverywhere || state().detecting);
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
      state.enabled = enabledBefore;
      state.inference = inferenceBefore;
      state.detecting = detectingBefore;
    }
  }
}
