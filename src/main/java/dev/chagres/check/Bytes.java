package dev.chagres.check;

import java.util.Locale;

/** Amounts of memory as people write them. */
public final class Bytes {
  private static final String UNITS = "KMGTPE";

  private Bytes() {}

  /** Returns for instance {@code 640 B}, {@code 1.5 KiB} or {@code 12.0 GiB}. */
  public static String text(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    int unit = (63 - Long.numberOfLeadingZeros(bytes)) / 10;
    double scaled = bytes / (double) (1L << (10 * unit));
    return String.format(Locale.ROOT, "%.1f %ciB", scaled, UNITS.charAt(unit - 1));
  }

  /**
   * Reads {@code 1048576}, {@code 512m} or {@code 2g} (k, m, g, t: powers of 1024).
   *
   * @throws IllegalArgumentException for anything else, or if it is not positive
   */
  public static long parse(String text) {
    String digits = text.strip().toLowerCase(Locale.ROOT);
    int unit = digits.isEmpty() ? -1 : "kmgt".indexOf(digits.charAt(digits.length() - 1));
    try {
      long number = Long.parseLong(unit < 0 ? digits : digits.substring(0, digits.length() - 1));
      long bytes = Math.multiplyExact(number, 1L << (10 * (unit + 1)));
      if (bytes > 0) {
        return bytes;
      }
    } catch (ArithmeticException | NumberFormatException e) {
      // the sentence below says what is accepted
    }
    throw new IllegalArgumentException(
        "'" + text + "' is no amount of memory: write bytes, or 512m, or 2g");
  }
}
