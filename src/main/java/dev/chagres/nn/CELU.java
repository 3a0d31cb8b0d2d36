package dev.chagres.nn;

import dev.chagres.check.PythonNumber;
import dev.chagres.tensor.Tensor;

/** x where it is positive, and {@code alpha (exp(x / alpha) - 1)} elsewhere. */
public final class CELU extends Module {
  private final double alpha;

  /** Makes the activation with PyTorch's number, 1. */
  public CELU() {
    this(1);
  }

  /** Makes the activation; alpha is not 0. */
  public CELU(double alpha) {
    this.alpha = alpha;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.celu(x, alpha);
  }

  @Override
  protected String extraRepr() {
    return "alpha=" + PythonNumber.text(alpha);
  }
}
