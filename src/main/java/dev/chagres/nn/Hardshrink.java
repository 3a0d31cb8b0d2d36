package dev.chagres.nn;

import dev.chagres.check.PythonNumber;
import dev.chagres.tensor.Tensor;

/** x, and 0 for what is at most a number from 0. */
public final class Hardshrink extends Module {
  private final double lambda;

  /** Makes the activation with PyTorch's number, 0.5. */
  public Hardshrink() {
    this(0.5);
  }

  /** Makes the activation. */
  public Hardshrink(double lambda) {
    this.lambda = lambda;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.hardshrink(x, lambda);
  }

  @Override
  protected String extraRepr() {
    return PythonNumber.text(lambda);
  }
}
