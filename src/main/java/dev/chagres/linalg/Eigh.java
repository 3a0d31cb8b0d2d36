package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix: {@code A = V diag(eigenvalues) V^T}.
 *
 * @param eigenvalues smallest first
 * @param eigenvectors the columns of V
 */
public record Eigh(Tensor eigenvalues, Tensor eigenvectors) {
  /** Checks that all are there. */
  public Eigh {
    given("Eigh", "eigenvalues", eigenvalues);
    given("Eigh", "eigenvectors", eigenvectors);
  }
}
