package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/**
 * The least and the greatest elements.
 *
 * @param min the least
 * @param max the greatest
 */
public record Range(Tensor min, Tensor max) {
  /** Checks that both are there. */
  public Range {
    given("Range", "min", min);
    given("Range", "max", max);
  }
}
