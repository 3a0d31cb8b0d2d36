package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * The factors of a symmetric matrix, {@code A = L D L^T}, in one matrix.
 *
 * @param ld D's blocks on and beside the diagonal, L below
 * @param pivots int32: the exchanges; two equal negative ones for a block of two
 */
public record LdlFactor(Tensor ld, Tensor pivots) {
  /** Checks that all are there. */
  public LdlFactor {
    given("LdlFactor", "ld", ld);
    given("LdlFactor", "pivots", pivots);
  }
}
