package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * The factors of a symmetric matrix, in one matrix, and what is wrong with it.
 *
 * @param ld D's blocks on and beside the diagonal, L below
 * @param pivots int32: the exchanges; two equal negative ones for a block of two
 * @param info int32: 0, or the place, from 1, of a zero block in D
 */
public record LdlFactorEx(Tensor ld, Tensor pivots, Tensor info) {
  /** Checks that all are there. */
  public LdlFactorEx {
    given("LdlFactorEx", "ld", ld);
    given("LdlFactorEx", "pivots", pivots);
    given("LdlFactorEx", "info", info);
  }
}
