package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** {@code exp(x)} divided by its sum along a dimension. */
public final class Softmax extends Module {
  private final int dim;

  /** Makes the activation for a dimension; a negative one counts from the end. */
  public Softmax(int dim) {
    this.dim = dim;
  }

  @Override
  public Tensor forward(Tensor x) {
    return x.softmax(dim);
  }

  @Override
  protected String extraRepr() {
    return "dim=" + dim;
  }
}
