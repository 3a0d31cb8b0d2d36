package dev.chagres.optim;

import static java.util.stream.Collectors.joining;

import dev.chagres.core.DType;
import dev.chagres.tensor.Tensor;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Locale;

/** The value of an option as Python writes it: {@code 1e-08}, {@code (0.9, 0.999)}, False. */
final class OptionText {
  private OptionText() {}

  static String of(Tensor value) {
    if (value.dtype() == DType.BOOL) {
      return value.item() == 0 ? "False" : "True";
    }
    double[] numbers = value.toDoubleArray();
    return numbers.length == 1
        ? of(numbers[0])
        : Arrays.stream(numbers).mapToObj(OptionText::of).collect(joining(", ", "(", ")"));
  }

  /**
   * As Python writes a float; a 0, which is an integer among PyTorch's defaults, without a point.
   */
  private static String of(double number) {
    if (number == 0) {
      return "0";
    }
    if (number < 0) {
      return "-" + of(-number);
    }
    if (!Double.isFinite(number)) {
      return Double.isNaN(number) ? "nan" : "inf";
    }
    BigDecimal shortest = new BigDecimal(Double.toString(number)).stripTrailingZeros();
    int exponent = shortest.precision() - shortest.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      return shortest.scale() > 0 ? shortest.toPlainString() : shortest.toPlainString() + ".0";
    }
    String digits = shortest.unscaledValue().toString();
    String rest = digits.length() > 1 ? "." + digits.substring(1) : "";
    return String.format(
        Locale.ROOT,
        "%s%se%s%02d",
        digits.charAt(0),
        rest,
        exponent < 0 ? "-" : "+",
        Math.abs(exponent));
  }
}
