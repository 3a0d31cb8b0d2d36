package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * An orthogonal and an upper triangular factor: {@code A = q r}.
 *
 * @param q columns that are orthogonal and of length 1; of {@link QrMode#R} empty
 * @param r the triangular factor
 */
public record Qr(Tensor q, Tensor r) {
  /** Checks that all are there. */
  public Qr {
    given("Qr", "q", q);
    given("Qr", "r", r);
  }
}
