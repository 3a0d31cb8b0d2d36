package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * Both triangular factors of LU in one matrix.
 *
 * @param lu U, and L below it, without the ones on its diagonal
 * @param pivots int32: for each row, from 1, the one that it was exchanged with
 */
public record LuFactor(Tensor lu, Tensor pivots) {
  /** Checks that all are there. */
  public LuFactor {
    given("LuFactor", "lu", lu);
    given("LuFactor", "pivots", pivots);
  }
}
