package dev.chagres.testing;

/**
 * Special functions in double precision, by ways that are slower and plainer than the library's:
 * recurrences far to the right, series, and Newton's method.
 */
public final class SpecialReference {
  private static final double ROOT_HALF = Math.sqrt(0.5);
  private static final double ROOT_PI = Math.sqrt(Math.PI);
  // B_2k, from B_2 on
  private static final double[] BERNOULLI = {
    1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6, -3617.0 / 510
  };
  private static final double FAR = 25;

  private SpecialReference() {}

  // ---- the error function

  /** Laplace's continued fraction of {@code 1 / (sqrt(pi) exp(x^2) erfc(x))}, x at least 3. */
  private static double fraction(double x) {
    double fraction = x;
    for (int n = 150; n > 0; n--) {
      fraction = x + n / 2.0 / fraction;
    }
    return fraction;
  }

  public static double erfcx(double x) {
    return x < 3 ? Math.exp(x * x) * Reference.erfc(x) : 1 / ROOT_PI / fraction(x);
  }

  private static double logErfc(double x) {
    return x < 3 ? Math.log(Reference.erfc(x)) : -x * x - Math.log(ROOT_PI * fraction(x));
  }

  public static double ndtr(double x) {
    return 0.5 * Reference.erfc(-x * ROOT_HALF);
  }

  public static double logNdtr(double x) {
    return x > 0 ? Math.log1p(-ndtr(-x)) : logErfc(-x * ROOT_HALF) - Math.log(2);
  }

  public static double erfinv(double x) {
    double a = Math.abs(x);
    if (a < 1e-8 || !(a < 1)) {
      return a < 1e-8 ? x * ROOT_PI / 2 : a == 1 ? x / 0.0 : Double.NaN;
    }
    double t = 0;
    for (int i = 0; i < 60; i++) {
      double off = a < 0.5 ? a - Reference.erf(t) : Reference.erfc(t) - (1 - a);
      double step = off * ROOT_PI / 2 * Math.exp(t * t);
      t += step;
      if (Math.abs(step) < 1e-13 * t) {
        break;
      }
    }
    return Math.copySign(t, x);
  }

  /** Newton's method on the logarithm, from the left of where it is concave. */
  public static double ndtri(double p) {
    if (!(p > 0 && p < 1)) {
      return p == 0 || p == 1 ? Math.copySign(Double.POSITIVE_INFINITY, p - 0.5) : Double.NaN;
    } else if (p > 0.5) {
      return -ndtri(1 - p);
    } else if (p == 0.5) {
      return 0;
    }
    double wanted = Math.log(2 * p);
    double t = 0;
    for (int i = 0; i < 60; i++) {
      double step = (logErfc(t) - wanted) * ROOT_PI / 2 * erfcx(t);
      t += step;
      if (Math.abs(step) < 1e-13 * t) {
        break;
      }
    }
    return -t / ROOT_HALF;
  }

  public static double entr(double x) {
    return x > 0 ? -x * Math.log(x) : x == 0 ? 0 : x < 0 ? Double.NEGATIVE_INFINITY : x;
  }

  // ---- the gamma function

  /** How far x is from the nearest integer, by its sine. */
  private static double sineOfPi(double x) {
    return Math.sin(Math.PI * (x - Math.rint(x)));
  }

  public static double lgamma(double x) {
    if (Double.isInfinite(x) || (x <= 0 && x == Math.rint(x))) {
      return Double.POSITIVE_INFINITY;
    } else if (Math.abs(x) < 1e-20) {
      return -Math.log(Math.abs(x));
    } else if (x < 0.5) {
      return Math.log(Math.PI) - Math.log(Math.abs(sineOfPi(x))) - lgamma(1 - x);
    }
    double product = 0;
    double y = x;
    for (; y < FAR; y++) {
      product += Math.log(y);
    }
    double sum = (y - 0.5) * Math.log(y) - y + Math.log(2 * Math.PI) / 2;
    for (int k = 1; k <= BERNOULLI.length; k++) {
      sum += BERNOULLI[k - 1] / (2 * k * (2 * k - 1) * Math.pow(y, 2 * k - 1));
    }
    return sum - product;
  }

  public static double digamma(double x) {
    if (x == 0) {
      return -1 / x;
    } else if (x < 0) {
      double rest = x - Math.rint(x);
      return rest == 0 || Double.isInfinite(x)
          ? Double.NaN
          : digamma(1 - x) - Math.PI / Math.tan(Math.PI * rest);
    }
    double below = 0;
    double y = x;
    for (; y < FAR; y++) {
      below += 1 / y;
    }
    double sum = Math.log(y) - 0.5 / y;
    for (int k = 1; k <= BERNOULLI.length; k++) {
      sum -= BERNOULLI[k - 1] / (2 * k * Math.pow(y, 2 * k));
    }
    return sum - below;
  }

  /** The order is rounded; the terms are added up from x on, and the rest by its asymptotics. */
  public static double polygamma(double order, double x) {
    double n = Math.rint(order);
    if (n == 0) {
      return digamma(x);
    } else if (!(n > 0) || Double.isNaN(x) || x == Double.NEGATIVE_INFINITY) {
      return Double.NaN;
    }
    double sign = n % 2 == 0 ? -1 : 1;
    if (x <= 0 && x == Math.rint(x)) {
      return sign * Double.POSITIVE_INFINITY;
    }
    double factorial = 1;
    for (int k = 2; k <= n; k++) {
      factorial *= k;
    }
    double sum = 0;
    double y = x;
    for (; y < FAR + n; y++) {
      sum += Math.pow(y, -n - 1);
    }
    sum += Math.pow(y, -n) / n + Math.pow(y, -n - 1) / 2;
    double term = (n + 1) * Math.pow(y, -n - 2) / 2;
    for (int k = 1; k <= BERNOULLI.length; k++) {
      sum += BERNOULLI[k - 1] * term;
      term *= (n + 2 * k) * (n + 2 * k + 1) / ((2 * k + 1) * (2 * k + 2)) / (y * y);
    }
    return sign * factorial * sum;
  }

  // ---- the incomplete gamma functions, of operands up to some hundred

  public static double igamma(double a, double x) {
    if (!(a >= 0 && x >= 0) || (a == 0 && x == 0)) {
      return Double.NaN;
    } else if (Double.isInfinite(a) || Double.isInfinite(x)) {
      return Double.isInfinite(a) && Double.isInfinite(x) ? Double.NaN : a < x ? 1 : 0;
    } else if (a == 0 || x == 0) {
      return a == 0 ? 1 : 0;
    }
    return x < a + 1 ? lower(a, x) : 1 - upper(a, x);
  }

  public static double igammac(double a, double x) {
    boolean far = a > 0 && x >= a + 1 && !Double.isInfinite(a) && !Double.isInfinite(x);
    return far ? upper(a, x) : 1 - igamma(a, x);
  }

  private static double density(double a, double x) {
    return Math.exp(a * Math.log(x) - x - lgamma(a));
  }

  private static double lower(double a, double x) {
    double term = 1 / a;
    double sum = term;
    for (int n = 1; n < 5000; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return density(a, x) * sum;
  }

  /** Backwards from far out. */
  private static double upper(double a, double x) {
    double fraction = 0;
    for (int n = 5000; n > 0; n--) {
      fraction = n * (a - n) / (x + 2 * n + 1 - a + fraction);
    }
    return density(a, x) / (x + 1 - a + fraction);
  }

  // ---- sums of powers

  public static double logaddexp(double a, double b) {
    double greater = Math.max(a, b);
    return a == b && Double.isInfinite(a) ? a : greater + Math.log1p(Math.exp(-Math.abs(a - b)));
  }

  public static double logaddexp2(double a, double b) {
    double greater = Math.max(a, b);
    double more = Math.log1p(Math.pow(2, -Math.abs(a - b))) / Math.log(2);
    return a == b && Double.isInfinite(a) ? a : greater + (a == b ? 1 : more);
  }
}
