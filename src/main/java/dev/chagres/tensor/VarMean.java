package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/**
 * Variances and the means that they are taken around.
 *
 * @param var the variances
 * @param mean the means
 */
public record VarMean(Tensor var, Tensor mean) {
  /** Checks that both are there. */
  public VarMean {
    given("VarMean", "var", var);
    given("VarMean", "mean", mean);
  }
}
