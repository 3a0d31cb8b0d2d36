package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * The cosine of the angles between the vectors of two inputs, which broadcast: {@code x · y / (|x|
 * |y|)} along a dimension, which goes; called with both, {@link Functional#cosineSimilarity}.
 */
public final class CosineSimilarity extends Module {
  private final int dim;
  private final double eps;

  /** Makes a layer for vectors in dimension 1, with norms of at least 1e-8. */
  public CosineSimilarity() {
    this(1, 1e-8);
  }

  /**
   * Makes a layer.
   *
   * @param dim the dimension of the vectors; a negative one counts from the end
   * @param eps the least norm, so that a vector of zeros has the cosine 0
   */
  public CosineSimilarity(int dim, double eps) {
    this.dim = dim;
    this.eps = eps;
  }

  @Override
  public Tensor forward(Tensor... inputs) {
    Checks.inputs(this, 2, "two inputs", inputs);
    return Functional.cosineSimilarity(inputs[0], inputs[1], dim, eps);
  }
}
