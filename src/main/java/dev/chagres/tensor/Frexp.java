package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/**
 * The parts of floating numbers, which are {@code mantissa * 2^exponent}.
 *
 * @param mantissa from 0.5 (inclusive) to 1 (exclusive), with the number's sign; a zero, an
 *     infinity or a NaN is its own
 * @param exponent int32; 0 for a zero, an infinity and a NaN
 */
public record Frexp(Tensor mantissa, Tensor exponent) {
  /** Checks that both are there. */
  public Frexp {
    given("Frexp", "mantissa", mantissa);
    given("Frexp", "exponent", exponent);
  }
}
