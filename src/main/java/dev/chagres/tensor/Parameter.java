package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/**
 * A tensor that a model learns: a leaf that requires gradients and whose memory outlives every
 * {@link dev.chagres.memory.Scope}.
 */
public final class Parameter extends Tensor {

  /**
   * Makes a parameter that shares the memory of a tensor.
   *
   * @throws IllegalArgumentException if the tensor's dtype is not floating
   */
  public Parameter(Tensor initial) {
    super(floating(initial).data());
    initial.storage().escape();
    requiresGrad_();
  }

  private static Tensor floating(Tensor initial) {
    if (!given("Parameter", "initial", initial).dtype().isFloating()) {
      throw new IllegalArgumentException(
          "Parameter: only floating tensors can require gradients, not " + initial.dtype());
    }
    return initial;
  }

  /** Prints as PyTorch does: {@code Parameter containing:} and the tensor. */
  @Override
  public String toString() {
    return "Parameter containing:\n" + Printer.print(this);
  }
}
