package dev.chagres.tensor;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/**
 * How the floating elements of one tensor are written: all with the same number of digits, in the
 * notation that PyTorch chooses by the finite ones that are not zero. Digits are those of the exact
 * binary value, halves to even, as C's {@code printf} gives them in every locale.
 */
final class NumberText {
  // scientific notation: beyond this range, or where the magnitudes differ by more
  private static final double GREATEST_FIXED = 1e8;
  private static final double LEAST_FIXED = 1e-4;
  private static final double GREATEST_RATIO = 1000;

  private enum Notation {
    /** {@code 12.} */
    WHOLE,
    /** {@code 12.3400} */
    FIXED,
    /** {@code 1.2340e+01} */
    SCIENTIFIC
  }

  private final Notation notation;
  private final int precision;
  private final int width;

  private NumberText(Notation notation, int precision, double[] values) {
    this.notation = notation;
    this.precision = precision;
    int greatest = 1;
    for (double value : values) {
      if (counts(value)) {
        greatest = Math.max(greatest, text(value).length());
      }
    }
    this.width = greatest;
  }

  static NumberText of(double[] values, PrintOptions options) {
    return new NumberText(notation(values, options.scientific()), options.precision(), values);
  }

  private static Notation notation(double[] values, PrintOptions.Scientific scientific) {
    double least = Double.POSITIVE_INFINITY;
    double greatest = 0;
    boolean whole = true;
    for (double value : values) {
      if (counts(value)) {
        least = Math.min(least, Math.abs(value));
        greatest = Math.max(greatest, Math.abs(value));
        whole &= value == Math.rint(value);
      }
    }
    if (greatest == 0) {
      return Notation.WHOLE;
    }
    boolean extreme =
        switch (scientific) {
          case ALWAYS -> true;
          case NEVER -> false;
          case AUTO ->
              greatest / least > GREATEST_RATIO || greatest > GREATEST_FIXED || least < LEAST_FIXED;
        };
    return extreme ? Notation.SCIENTIFIC : whole ? Notation.WHOLE : Notation.FIXED;
  }

  private static boolean counts(double value) {
    return Double.isFinite(value) && value != 0;
  }

  /** Returns the length of the longest text of a finite element that is not zero; at least 1. */
  int width() {
    return width;
  }

  String text(double value) {
    String special = special(value);
    if (special != null) {
      return special;
    }
    String sign = Math.copySign(1, value) < 0 ? "-" : "";
    BigDecimal exact = new BigDecimal(Math.abs(value));
    return sign
        + switch (notation) {
          case WHOLE -> exact.setScale(0, RoundingMode.HALF_EVEN).toPlainString() + ".";
          case FIXED -> exact.setScale(precision, RoundingMode.HALF_EVEN).toPlainString();
          case SCIENTIFIC -> scientific(exact);
        };
  }

  private static @Nullable String special(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    return Double.isInfinite(value) ? (value > 0 ? "inf" : "-inf") : null;
  }

  /** One digit before the point, and an exponent of at least two digits. */
  private String scientific(BigDecimal exact) {
    BigDecimal rounded = exact.round(new MathContext(precision + 1, RoundingMode.HALF_EVEN));
    StringBuilder digits = new StringBuilder(rounded.unscaledValue().toString());
    int exponent = rounded.signum() == 0 ? 0 : digits.length() - 1 - rounded.scale();
    digits.repeat("0", Math.max(0, precision + 1 - digits.length()));
    if (precision > 0) {
      digits.insert(1, '.');
    }
    int magnitude = Math.abs(exponent);
    return digits
        .append(exponent < 0 ? "e-" : "e+")
        .append(magnitude < 10 ? "0" : "")
        .append(magnitude)
        .toString();
  }
}
