package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/**
 * Reflections: Householder's form of a QR factorisation.
 *
 * @param a R, and the reflections below it
 * @param tau the factors of the reflections
 */
public record Geqrf(Tensor a, Tensor tau) {
  /** Checks that all are there. */
  public Geqrf {
    given("Geqrf", "a", a);
    given("Geqrf", "tau", tau);
  }
}
