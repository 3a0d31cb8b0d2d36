package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * A solution, and what is wrong with the matrix.
 *
 * @param result the solution
 * @param info int32: 0, or the place, from 1, of the first zero on U's diagonal
 */
public record SolveEx(Tensor result, Tensor info) {
  /** Checks that all are there. */
  public SolveEx {
    given("SolveEx", "result", result);
    given("SolveEx", "info", info);
  }
}
