package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * A least squares solution.
 *
 * @param solution the unknowns (…, n, k)
 * @param residuals the sums of squares that remain (…, k), where m > n, every matrix has full rank
 *     and the driver is not {@link dev.chagres.core.Driver#GELSY}; else empty
 * @param rank the ranks, int64; empty for {@link dev.chagres.core.Driver#GELS}
 * @param singularValues the singular values; empty for {@link dev.chagres.core.Driver#GELS} and
 *     {@link dev.chagres.core.Driver#GELSY}
 */
public record Lstsq(Tensor solution, Tensor residuals, Tensor rank, Tensor singularValues) {
  /** Checks that all are there. */
  public Lstsq {
    given("Lstsq", "solution", solution);
    given("Lstsq", "residuals", residuals);
    given("Lstsq", "rank", rank);
    given("Lstsq", "singularValues", singularValues);
  }
}
