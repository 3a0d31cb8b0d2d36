package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * A permutation, a unit lower and an upper triangular factor: {@code A = p l u}.
 *
 * @param p the permutation as a matrix
 * @param l ones on the diagonal
 * @param u the upper factor
 */
public record Lu(Tensor p, Tensor l, Tensor u) {
  /** Checks that all are there. */
  public Lu {
    given("Lu", "p", p);
    given("Lu", "l", l);
    given("Lu", "u", u);
  }
}
