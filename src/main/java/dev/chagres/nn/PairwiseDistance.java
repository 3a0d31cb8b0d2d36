package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;

/**
 * The {@code p}-norms of the differences of two inputs (…, size), which broadcast, plus a small
 * number: {@code |x - y + eps|}; called with both, {@link Functional#pairwiseDistance}.
 */
public final class PairwiseDistance extends Module {
  private final double p;
  private final double eps;
  private final Keep keep;

  /** Makes a layer of Euclidean distances. */
  public PairwiseDistance() {
    this(2);
  }

  /** Makes a layer of {@code p}-norms, with PyTorch's eps, 1e-6. */
  public PairwiseDistance(double p) {
    this(p, 1e-6, Keep.DROPDIM);
  }

  /**
   * Makes a layer.
   *
   * @param p the norm; it may be infinite
   * @param eps what is added to each difference
   * @param keep whether the last dimension stays, with the size 1
   */
  public PairwiseDistance(double p, double eps, Keep keep) {
    this.p = p;
    this.eps = eps;
    this.keep = given("PairwiseDistance", "keep", keep);
  }

  @Override
  public Tensor forward(Tensor... inputs) {
    Checks.inputs(this, 2, "two inputs", inputs);
    return Functional.pairwiseDistance(inputs[0], inputs[1], p, eps, keep);
  }
}
