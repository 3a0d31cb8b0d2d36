package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/**
 * The different elements of a tensor, or the different slices along a dimension of one.
 *
 * @param values each once
 * @param inverse for each element, or slice, the int64 position of its equal in the values
 * @param counts how many equal each of the values, int64
 */
public record Unique(Tensor values, Tensor inverse, Tensor counts) {
  /** Checks that all are there. */
  public Unique {
    given("Unique", "values", values);
    given("Unique", "inverse", inverse);
    given("Unique", "counts", counts);
  }
}
