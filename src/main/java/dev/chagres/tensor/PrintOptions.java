package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/**
 * How tensors print: PyTorch's {@code set_printoptions}, for all threads.
 *
 * <pre>{@code
 * PrintOptions.STANDARD.withPrecision(2).use();
 * }</pre>
 *
 * @param precision digits behind the point
 * @param threshold how many elements print in full; of more only those near the ends of each
 *     dimension do
 * @param edgeItems how many of those at each end, at least 1
 * @param lineWidth how many characters a line of elements may have
 * @param scientific when to write {@code 1.0000e-05}
 */
public record PrintOptions(
    int precision, long threshold, int edgeItems, int lineWidth, Scientific scientific) {

  /** PyTorch's: 4 digits, 1000 elements, 3 at each end, 80 characters. */
  public static final PrintOptions STANDARD = new PrintOptions(4, 1000, 3, 80, Scientific.AUTO);

  private static volatile PrintOptions current = STANDARD;

  /** When elements are written in scientific notation; all of a tensor are, or none. */
  public enum Scientific {
    /** When the magnitudes are large, small, or differ much. */
    AUTO,
    ALWAYS,
    NEVER
  }

  /** Checks the numbers. */
  public PrintOptions {
    given("PrintOptions", "scientific", scientific);
    if (precision < 0 || threshold < 0 || edgeItems < 1 || lineWidth < 1) {
      throw new IllegalArgumentException(
          "PrintOptions: precision %d, threshold %d, edgeItems %d, lineWidth %d: one is too small"
              .formatted(precision, threshold, edgeItems, lineWidth));
    }
  }

  /** Returns the options in use. */
  public static PrintOptions current() {
    return current;
  }

  /** Makes all tensors print with these options from now on. */
  public void use() {
    current = this;
  }

  public PrintOptions withPrecision(int digits) {
    return new PrintOptions(digits, threshold, edgeItems, lineWidth, scientific);
  }

  public PrintOptions withThreshold(long elements) {
    return new PrintOptions(precision, elements, edgeItems, lineWidth, scientific);
  }

  public PrintOptions withEdgeItems(int elements) {
    return new PrintOptions(precision, threshold, elements, lineWidth, scientific);
  }

  public PrintOptions withLineWidth(int characters) {
    return new PrintOptions(precision, threshold, edgeItems, characters, scientific);
  }

  public PrintOptions withScientific(Scientific when) {
    given("withScientific", "when", when);
    return new PrintOptions(precision, threshold, edgeItems, lineWidth, when);
  }
}
