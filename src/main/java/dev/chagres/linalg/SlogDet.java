package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * The sign of a determinant, and the logarithm of its absolute value.
 *
 * @param sign -1, 0 or 1
 * @param logabsdet minus infinity for a singular matrix
 */
public record SlogDet(Tensor sign, Tensor logabsdet) {
  /** Checks that all are there. */
  public SlogDet {
    given("SlogDet", "sign", sign);
    given("SlogDet", "logabsdet", logabsdet);
  }
}
