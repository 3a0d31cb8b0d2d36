package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** {@code exp(-x)} divided by its sum along a dimension. */
public final class Softmin extends Module {
  private final int dim;

  /** Makes the activation along a dimension. */
  public Softmin(int dim) {
    this.dim = dim;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.softmin(x, dim);
  }

  @Override
  protected String extraRepr() {
    return "dim=" + dim;
  }
}
