package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/**
 * Standard deviations and the means that they are taken around.
 *
 * @param std the standard deviations
 * @param mean the means
 */
public record StdMean(Tensor std, Tensor mean) {
  /** Checks that both are there. */
  public StdMean {
    given("StdMean", "std", std);
    given("StdMean", "mean", mean);
  }
}
