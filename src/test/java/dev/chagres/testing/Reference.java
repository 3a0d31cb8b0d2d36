package dev.chagres.testing;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Mathematical functions in double precision that {@link Math} lacks, to a few ulp. */
public final class Reference {
  private static final double ROOT_HALF = Math.sqrt(0.5);
  private static final double TWO_BY_ROOT_PI = 2 / Math.sqrt(Math.PI);
  private static final Map<Double, Double> ERF = new ConcurrentHashMap<>();

  private Reference() {}

  public static double sigmoid(double x) {
    double e = Math.exp(-Math.abs(x));
    return x >= 0 ? 1 / (1 + e) : e / (1 + e);
  }

  public static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  public static double silu(double x) {
    return x * sigmoid(x);
  }

  /** The slope of {@link #silu}. */
  public static double siluSlope(double x) {
    double s = sigmoid(x);
    return s * (1 + x * (1 - s));
  }

  public static double gelu(double x) {
    return x * 0.5 * erfc(-x * ROOT_HALF);
  }

  public static double geluSlope(double x) {
    return 0.5 * erfc(-x * ROOT_HALF) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  }

  private static double geluArgument(double x) {
    return Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
  }

  /** {@code x / 2 (1 + tanh u) = x sigmoid(2u)}, which does not cancel. */
  public static double geluTanh(double x) {
    return x * sigmoid(2 * geluArgument(x));
  }

  public static double geluTanhSlope(double x) {
    double s = sigmoid(2 * geluArgument(x));
    double slope = Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
    return s + x * 2 * s * (1 - s) * slope;
  }

  public static double log2(double x) {
    // Powers of two are exact; for the others the quotient is as good as the logarithm.
    if (x > 0 && Double.isFinite(x) && x == Math.scalb(1.0, Math.getExponent(x))) {
      return Math.getExponent(x);
    }
    return Math.log(x) / Math.log(2);
  }

  public static double asinh(double x) {
    double a = Math.abs(x);
    if (Double.isInfinite(a) || a > 1e150) {
      return Math.copySign(Math.log(a) + Math.log(2), x);
    }
    return Math.copySign(Math.log1p(a + a * a / (1 + Math.sqrt(1 + a * a))), x);
  }

  public static double acosh(double x) {
    if (x > 1e150) {
      return Math.log(x) + Math.log(2);
    }
    if (x < 1) {
      return Double.NaN;
    }
    double t = x - 1;
    return Math.log1p(t + Math.sqrt(2 * t + t * t));
  }

  public static double atanh(double x) {
    double a = Math.abs(x);
    return Math.copySign(0.5 * Math.log1p(2 * a / (1 - a)), x);
  }

  public static double rint(double x) {
    return Math.rint(x);
  }

  public static double trunc(double x) {
    return x < 0 ? Math.ceil(x) : Math.floor(x);
  }

  /** The quotient rounded down, as Python and PyTorch define it for floating numbers. */
  public static double floorDivide(double a, double b) {
    if (b == 0) {
      return a / b;
    }
    double rest = a % b;
    double quotient = (a - rest) / b;
    if (rest != 0 && (b < 0) != (rest < 0)) {
      quotient -= 1;
    }
    if (quotient == 0) {
      return Math.copySign(0, a / b);
    }
    double floor = Math.floor(quotient);
    return quotient - floor > 0.5 ? floor + 1 : floor;
  }

  /** The remainder with the sign of the divisor. */
  public static double remainder(double a, double b) {
    double rest = a % b;
    return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
  }

  /** C's pow: 1 for a base of 1 and any exponent, and for -1 to an infinite power. */
  public static double pow(double a, double b) {
    if (a == 1 || (a == -1 && Double.isInfinite(b))) {
      return 1;
    }
    return Math.pow(a, b);
  }

  // ---- the error function

  public static double erf(double x) {
    double a = Math.abs(x);
    if (Double.isNaN(x) || a == 0) {
      return x;
    }
    double y = a < 1e-9 ? a * TWO_BY_ROOT_PI : a < 3 ? series(a) : 1 - erfc(a);
    return Math.copySign(y, x);
  }

  public static double erfc(double x) {
    if (Double.isNaN(x)) {
      return x;
    }
    if (x < 0) {
      return 1 + erf(-x);
    }
    return x < 1e-9 ? 1 - erf(x) : x < 3 ? complement(x) : tail(x);
  }

  private static double series(double x) {
    return ERF.computeIfAbsent(x, a -> exactErf(a).doubleValue());
  }

  private static double complement(double x) {
    return ERF.computeIfAbsent(-x, a -> BigDecimal.ONE.subtract(exactErf(-a)).doubleValue());
  }

  /**
   * The Maclaurin series, {@code 2 / sqrt(pi) sum (-1)^n x^(2n+1) / (n! (2n+1))}, to 40 digits
   * (Abramowitz and Stegun 7.1.5).
   */
  private static BigDecimal exactErf(double x) {
    MathContext digits = new MathContext(50, RoundingMode.HALF_EVEN);
    BigDecimal a = new BigDecimal(x);
    BigDecimal square = a.multiply(a, digits);
    BigDecimal power = a;
    BigDecimal sum = a;
    for (int n = 1; power.abs().doubleValue() > 1e-40; n++) {
      power = power.multiply(square, digits).divide(BigDecimal.valueOf(-n), digits);
      sum = sum.add(power.divide(BigDecimal.valueOf(2L * n + 1), digits), digits);
    }
    BigDecimal pi = new BigDecimal("3.1415926535897932384626433832795028841971693993751");
    return sum.multiply(BigDecimal.TWO).divide(pi.sqrt(digits), digits);
  }

  /**
   * Laplace's continued fraction {@code exp(-x^2) / sqrt(pi) / (x + (1/2) / (x + (2/2) / (x + …)))}
   * (Abramowitz and Stegun 7.1.14), for x of at least 3.
   */
  private static double tail(double x) {
    if (x > 30) {
      return 0;
    }
    double fraction = x;
    for (int n = 120; n > 0; n--) {
      fraction = x + n / 2.0 / fraction;
    }
    // exp(-x^2) with x split, so that the square of the upper part is exact.
    double upper = Math.scalb(Math.rint(Math.scalb(x, 20)), -20);
    double exponential = Math.exp(-upper * upper) * Math.exp((upper - x) * (upper + x));
    return exponential / Math.sqrt(Math.PI) / fraction;
  }
}
