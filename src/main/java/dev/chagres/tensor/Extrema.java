package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/**
 * The greatest (or least) elements along a dimension, and their int64 positions in it.
 *
 * @param values the elements
 * @param indices where the first of them is in each line
 */
public record Extrema(Tensor values, Tensor indices) {
  /** Checks that both are there. */
  public Extrema {
    given("Extrema", "values", values);
    given("Extrema", "indices", indices);
  }
}
