package dev.chagres.core;

/** The nonlinear functions between the two linear layers of a feed-forward block. */
public enum Activation {
  /** {@code max(x, 0)}. */
  RELU,
  /** {@code x P(X <= x)} for a standard normal X (Hendrycks and Gimpel, 2016). */
  GELU,
  /** Its approximation by a hyperbolic tangent, as in GPT-2. */
  GELU_TANH
}
