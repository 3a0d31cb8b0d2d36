package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * Singular values, and singular vectors: {@code A = u diag(s) vh}.
 *
 * @param u the left singular vectors, columns (…, m, m) or (…, m, min(m, n))
 * @param s the singular values, largest first
 * @param vh the right singular vectors, rows (…, n, n) or (…, min(m, n), n)
 */
public record Svd(Tensor u, Tensor s, Tensor vh) {
  /** Checks that all are there. */
  public Svd {
    given("Svd", "u", u);
    given("Svd", "s", s);
    given("Svd", "vh", vh);
  }
}
