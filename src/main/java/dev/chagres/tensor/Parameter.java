package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import org.jspecify.annotations.Nullable;

/**
 * A tensor that a model learns: a leaf that requires gradients and whose memory outlives every
 * {@link dev.chagres.memory.Scope}.
 */
public final class Parameter extends Tensor {
  private @Nullable Tensor bound;

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

  /** Lets this parameter of a replica stand for a value: see {@code Primitives.bind}. */
  void bind(Tensor value) {
    bound = value;
    standFor(value);
  }

  /** Returns what a gradient rule keeps of this parameter: the value that it stands for now. */
  Tensor kept() {
    Tensor value = bound;
    return value == null ? this : value;
  }

  /** Prints as PyTorch does: {@code Parameter containing:} and the tensor. */
  @Override
  public String toString() {
    return "Parameter containing:\n" + Printer.print(this);
  }
}
