package dev.chagres.nn;

import dev.chagres.check.PythonNumber;
import dev.chagres.tensor.Tensor;

/** x brought nearer to 0 by a number, or to 0. */
public final class Softshrink extends Module {
  private final double lambda;

  /** Makes the activation with PyTorch's number, 0.5. */
  public Softshrink() {
    this(0.5);
  }

  /** Makes the activation; the number is not negative. */
  public Softshrink(double lambda) {
    this.lambda = lambda;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.softshrink(x, lambda);
  }

  @Override
  protected String extraRepr() {
    return PythonNumber.text(lambda);
  }
}
