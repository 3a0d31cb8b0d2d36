package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/**
 * Elements that were chosen or put in order along a dimension, and where they were.
 *
 * @param values the elements
 * @param indices their int64 positions in the dimension
 */
public record Located(Tensor values, Tensor indices) {
  /** Checks that both are there. */
  public Located {
    given("Located", "values", values);
    given("Located", "indices", indices);
  }
}
