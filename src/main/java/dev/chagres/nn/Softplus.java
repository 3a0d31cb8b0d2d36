package dev.chagres.nn;

import dev.chagres.check.PythonNumber;
import dev.chagres.tensor.Tensor;

/** {@code log(1 + exp(beta x)) / beta}, and x itself where {@code beta x} is above a threshold. */
public final class Softplus extends Module {
  private final double beta;
  private final double threshold;

  /** Makes the activation with PyTorch's numbers, 1 and 20. */
  public Softplus() {
    this(1, 20);
  }

  /** Makes the activation. */
  public Softplus(double beta, double threshold) {
    this.beta = beta;
    this.threshold = threshold;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.softplus(x, beta, threshold);
  }

  @Override
  protected String extraRepr() {
    return "beta=" + PythonNumber.text(beta) + ", threshold=" + PythonNumber.text(threshold);
  }
}
