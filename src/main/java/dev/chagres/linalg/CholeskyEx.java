package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * A Cholesky factor, and what is wrong with the matrix.
 *
 * @param l the factor
 * @param info int32: 0, or the order of the first leading minor that is not positive
 */
public record CholeskyEx(Tensor l, Tensor info) {
  /** Checks that all are there. */
  public CholeskyEx {
    given("CholeskyEx", "l", l);
    given("CholeskyEx", "info", info);
  }
}
