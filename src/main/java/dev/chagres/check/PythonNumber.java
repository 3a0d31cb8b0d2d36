package dev.chagres.check;

import java.math.BigDecimal;
import java.util.Locale;

/** Numbers as Python writes them. */
public final class PythonNumber {
  /** From this power of ten on, and below the other, a float has an exponent. */
  private static final int MOST = 16;

  private static final int LEAST = -4;

  private PythonNumber() {}

  /** Returns a float as its {@code repr} does: {@code 0.001}, {@code 1e-05}, {@code inf}. */
  public static String text(double number) {
    if (!Double.isFinite(number)) {
      return Double.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
    }
    if (Math.copySign(1, number) < 0) {
      return "-" + text(-number);
    }
    if (number == 0) {
      return "0.0";
    }
    BigDecimal shortest = new BigDecimal(Double.toString(number)).stripTrailingZeros();
    int exponent = shortest.precision() - shortest.scale() - 1;
    if (exponent >= LEAST && exponent < MOST) {
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
