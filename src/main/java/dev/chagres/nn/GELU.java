package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/** {@code x P(X <= x)} for a standard normal X, element by element (Hendrycks and Gimpel, 2016). */
public final class GELU extends Module {
  private final Approximate approximate;

  /** How the distribution function is computed. */
  public enum Approximate {
    /** By the error function. */
    NONE,
    /** By a hyperbolic tangent. */
    TANH
  }

  /** Makes the exact activation. */
  public GELU() {
    this(Approximate.NONE);
  }

  /** Makes the activation. */
  public GELU(Approximate approximate) {
    this.approximate = given("GELU", "approximate", approximate);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.gelu(x, approximate);
  }

  @Override
  protected String extraRepr() {
    return "approximate='" + (approximate == Approximate.NONE ? "none" : "tanh") + "'";
  }
}
