package dev.chagres.tensor;

/**
 * A tensor that a model learns: a leaf that requires gradients and whose memory outlives every
 * {@link dev.chagres.memory.Scope}.
 */
public final class Parameter extends Tensor {

  /** Makes a parameter that shares the memory of a tensor. */
  public Parameter(Tensor initial) {
    super(initial.data());
    initial.storage().escape();
    if (initial.dtype().isFloating()) {
      requiresGrad_();
    }
  }

  /** Prints as PyTorch does: {@code Parameter containing:} and the tensor. */
  @Override
  public String toString() {
    return "Parameter containing:\n" + Printer.print(this);
  }
}
