package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * An inverse, and what is wrong with the matrix.
 *
 * @param inverse the inverse
 * @param info int32: 0, or the place, from 1, of the first zero on U's diagonal
 */
public record InvEx(Tensor inverse, Tensor info) {
  /** Checks that all are there. */
  public InvEx {
    given("InvEx", "inverse", inverse);
    given("InvEx", "info", info);
  }
}
