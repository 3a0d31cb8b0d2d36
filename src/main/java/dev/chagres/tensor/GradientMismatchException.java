package dev.chagres.tensor;

/** What {@link GradCheck} found: a gradient rule that is not the derivative of its operation. */
public final class GradientMismatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Makes the exception; the message shows both Jacobians. */
  public GradientMismatchException(String message) {
    super(message);
  }
}
