package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** The first half along a dimension times the sigmoid of the second. */
public final class GLU extends Module {
  private final int dim;

  /** Makes the activation along the last dimension. */
  public GLU() {
    this(-1);
  }

  /** Makes the activation along a dimension. */
  public GLU(int dim) {
    this.dim = dim;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.glu(x, dim);
  }

  @Override
  protected String extraRepr() {
    return "dim=" + dim;
  }
}
