package dev.chagres.nn;

import dev.chagres.check.PythonNumber;
import dev.chagres.tensor.Tensor;

/** x where it is positive, and {@code alpha (exp(x) - 1)} elsewhere. */
public final class ELU extends Module {
  private final double alpha;

  /** Makes the activation with PyTorch's number, 1. */
  public ELU() {
    this(1);
  }

  /** Makes the activation. */
  public ELU(double alpha) {
    this.alpha = alpha;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.elu(x, alpha);
  }

  @Override
  protected String extraRepr() {
    return "alpha=" + PythonNumber.text(alpha);
  }
}
