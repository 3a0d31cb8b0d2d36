package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** The logarithm of {@link Softmax}, without its rounding. */
public final class LogSoftmax extends Module {
  private final int dim;

  /** Makes the activation for a dimension; a negative one counts from the end. */
  public LogSoftmax(int dim) {
    this.dim = dim;
  }

  @Override
  public Tensor forward(Tensor x) {
    return x.logSoftmax(dim);
  }

  @Override
  protected String extraRepr() {
    return "dim=" + dim;
  }
}
