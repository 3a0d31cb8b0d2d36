package dev.chagres.nn;

import dev.chagres.check.PythonNumber;
import dev.chagres.tensor.Tensor;

/**
 * Inputs (n, c, …) divided by {@code (k + alpha m)^beta}, where m is the mean square of so many
 * neighbouring channels (Krizhevsky et al., 2012).
 */
public final class LocalResponseNorm extends Module {
  private final long size;
  private final double alpha;
  private final double beta;
  private final double k;

  /** Makes a layer with PyTorch's defaults, 1e-4, 0.75 and 1. */
  public LocalResponseNorm(long size) {
    this(size, 1e-4, 0.75, 1);
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if the size is less than 1
   */
  public LocalResponseNorm(long size, double alpha, double beta, double k) {
    Lines.atLeast("LocalResponseNorm", "the size", 1, size);
    this.size = size;
    this.alpha = alpha;
    this.beta = beta;
    this.k = k;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.localResponseNorm(x, size, alpha, beta, k);
  }

  @Override
  protected String extraRepr() {
    return size
        + ", alpha="
        + PythonNumber.text(alpha)
        + ", beta="
        + PythonNumber.text(beta)
        + ", k="
        + PythonNumber.text(k);
  }
}
