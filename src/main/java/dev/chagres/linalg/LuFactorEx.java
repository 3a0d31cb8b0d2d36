package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * Both triangular factors of LU in one matrix, and what is wrong with it.
 *
 * @param lu U, and L below it, without the ones on its diagonal
 * @param pivots int32: for each row, from 1, the one that it was exchanged with
 * @param info int32: 0, or the place, from 1, of the first zero on U's diagonal
 */
public record LuFactorEx(Tensor lu, Tensor pivots, Tensor info) {
  /** Checks that all are there. */
  public LuFactorEx {
    given("LuFactorEx", "lu", lu);
    given("LuFactorEx", "pivots", pivots);
    given("LuFactorEx", "info", info);
  }
}
