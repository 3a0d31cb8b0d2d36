import module java.base;

/**
 * Writes native/cpu/tables.h, the polynomials and numbers of lookup.h:
 *
 * <p>java native/Tables.java > native/cpu/tables.h
 *
 * <p>Every build's tests hold the file to it, byte by byte: the arithmetic is that of decimals and
 * of doubles without functions of the processor's, so it is the same everywhere.
 *
 * <p>A function of a >= 0 is cut into 32 pieces of equal width around the multiples of a step; each
 * has a polynomial in the distance from its middle. Coefficients minimize the largest relative
 * error (Lawson's iteration on Chebyshev nodes); they are rounded to float32 then.
 */
final class Tables {
  static final Path FILE = Path.of("native/cpu/tables.h");

  static final int PIECES = 32;
  static final int ITERATIONS = 60;

  static final MathContext DIGITS = new MathContext(50);
  static final BigDecimal ONE = BigDecimal.ONE;
  static final BigDecimal TWO = BigDecimal.TWO;
  static final BigDecimal PI =
      new BigDecimal("3.14159265358979323846264338327950288419716939937510582097494459");
  static final BigDecimal ROOT_OF_TWO = TWO.sqrt(DIGITS);
  static final BigDecimal ROOT_OF_PI = PI.sqrt(DIGITS);

  /**
   * A function in pieces.
   *
   * @param name of its table
   * @param meaning for the comment
   * @param function what it is
   * @param step the width of a piece
   * @param degree of the polynomials
   * @param parity an odd function's polynomial around 0 has no constant
   * @param line the multiple of the distance that is taken off it
   */
  record Piecewise(
      String name,
      String meaning,
      UnaryOperator<BigDecimal> function,
      double step,
      int degree,
      Parity parity,
      float line) {}

  enum Parity {
    ODD,
    NONE
  }

  static final List<Piecewise> FUNCTIONS =
      List.of(
          new Piecewise("tanh", "tanh(a)", Tables::tanh, 19.0 / 64, 6, Parity.ODD, 0),
          new Piecewise("erf", "erf(a)", Tables::erf, 1.0 / 8, 4, Parity.ODD, restOfSlope()),
          new Piecewise("normal", "Phi(-a)", Tables::normal, 3.0 / 16, 6, Parity.NONE, 0),
          new Piecewise(
              "logistic", "1 / (1 + exp(a))", Tables::logistic, 17.0 / 32, 5, Parity.NONE, 0),
          new Piecewise(
              "cubic",
              "1 / (1 + exp(2 sqrt(2 / pi) (a + 0.044715 a^3)))",
              Tables::cubic,
              5.0 / 32,
              6,
              Parity.NONE,
              0));

  private final StringBuilder out = new StringBuilder();

  static void main() {
    IO.print(text());
  }

  /** Returns what native/cpu/tables.h has to be. */
  static String text() {
    var tables = new Tables();
    tables.write();
    return tables.out.toString();
  }

  void write() {
    out.append("/* Written by native/Tables.java, which says how; for lookup.h. */\n");
    out.append("#ifndef CHAGRES_TABLES_H\n#define CHAGRES_TABLES_H\n");
    FUNCTIONS.forEach(this::write);
    writeLogarithms();
    write("exp_table", "2^(i / 16)", floats(16, i -> exp(times(number(i / 16.0), log(TWO)))));
    out.append("\n#endif\n");
  }

  void write(Piecewise of) {
    var big = of.name.toUpperCase(Locale.ROOT);
    out.append("\n#define %s_STEP %s\n".formatted(big, hexadecimal((float) of.step)));
    var comment = of.meaning;
    if (of.line != 0) {
      out.append("#define %s_LINE %s\n".formatted(big, hexadecimal(of.line)));
      comment += ", less %s_LINE times the distance".formatted(big);
    }
    float[][] rows = new float[of.degree + 1][PIECES];
    for (int k = 0; k < PIECES; k++) {
      float[] piece = piece(of, k);
      for (int power = 0; power <= of.degree; power++) {
        rows[power][k] = piece[power];
      }
    }
    write(of.name + "_table", comment + ": a row for each power.", rows);
  }

  /** The polynomial of a piece, from the lowest power on. */
  static float[] piece(Piecewise of, int k) {
    double[] nodes = nodes(k == 0 ? 0 : -of.step / 2, of.step / 2, 6 * (of.degree + 1));
    double[] values = new double[nodes.length];
    double[] weights = new double[nodes.length];
    for (int i = 0; i < nodes.length; i++) {
      BigDecimal distance = number(nodes[i]);
      BigDecimal value = of.function.apply(number(k * of.step).add(distance));
      weights[i] = 1 / Math.abs(value.doubleValue());
      values[i] = value.subtract(number(of.line).multiply(distance)).doubleValue();
    }
    int lowest = k == 0 && of.parity == Parity.ODD ? 1 : 0;
    return coefficients(nodes, values, weights, lowest, of.degree);
  }

  /**
   * 1/c and logarithms of c of 32 pieces [c - 1/64, c + 1/64] of [1, 2), those from 1.5 on halved;
   * 1 at both sides of 1.
   */
  void writeLogarithms() {
    float[] inverses = new float[PIECES];
    for (int i = 0; i < PIECES; i++) {
      double middle = (1 + (i + 0.5) / PIECES) * (i < PIECES / 2 ? 1 : 0.5);
      inverses[i] = i == 0 || i == PIECES - 1 ? 1 : (float) (1 / middle);
    }
    write("log_inverses", "The inverse of a number near the middle of each piece.", inverses);
    IntFunction<BigDecimal> natural = i -> log(number(inverses[i])).negate();
    write("log_middles", "The logarithms of those numbers.", floats(PIECES, natural));
    IntFunction<BigDecimal> binary = i -> over(natural.apply(i), log(TWO));
    BigDecimal unit = number(1 / 4096.0);
    IntFunction<BigDecimal> high =
        i -> over(binary.apply(i), unit).setScale(0, RoundingMode.HALF_EVEN).multiply(unit);
    write("log2_middles", "Those of base 2, to 12 bits after the point.", floats(PIECES, high));
    IntFunction<BigDecimal> rest = i -> binary.apply(i).subtract(high.apply(i));
    write("log2_rests", "The rest of those.", floats(PIECES, rest));

    double[] nodes = nodes(-1.0 / 32, 1.0 / 32, 80);
    double[] second = new double[nodes.length];
    double[] third = new double[nodes.length];
    double[] distances = new double[nodes.length];
    double[] squares = new double[nodes.length];
    for (int i = 0; i < nodes.length; i++) {
      BigDecimal r = number(nodes[i]);
      BigDecimal quotient = over(log(ONE.add(r)).subtract(r), r.multiply(r));
      second[i] = quotient.doubleValue();
      third[i] = over(quotient.add(number(0.5)), r).doubleValue();
      distances[i] = Math.abs(nodes[i]);
      squares[i] = nodes[i] * nodes[i];
    }
    write(
        "log_rest",
        "(log(1 + r) - r) / r^2, |r| <= 1/32: the powers of r.",
        coefficients(nodes, second, distances, 0, 3));
    write(
        "log_third",
        "(log(1 + r) - r + r^2 / 2) / r^3.",
        coefficients(nodes, third, squares, 0, 4));
  }

  // ---- functions, to some 45 digits where it matters

  static BigDecimal number(double x) {
    return new BigDecimal(x);
  }

  static BigDecimal times(BigDecimal a, BigDecimal b) {
    return a.multiply(b, DIGITS);
  }

  static BigDecimal over(BigDecimal a, BigDecimal b) {
    return a.divide(b, DIGITS);
  }

  /** The sum of a series, whose terms are asked for until one no longer counts. */
  static BigDecimal sum(IntFunction<BigDecimal> terms) {
    BigDecimal sum = BigDecimal.ZERO;
    for (int i = 0; ; i++) {
      BigDecimal term = terms.apply(i);
      sum = sum.add(term);
      if (term.abs().compareTo(BigDecimal.ONE.movePointLeft(DIGITS.getPrecision())) < 0) {
        return sum;
      }
    }
  }

  /** By the series of exp(x / 2^16), squared as often. */
  static BigDecimal exp(BigDecimal x) {
    BigDecimal small = x.divide(number(0x1p16), new MathContext(DIGITS.getPrecision() + 10));
    var precise = new MathContext(DIGITS.getPrecision() + 10);
    BigDecimal sum = ONE;
    BigDecimal term = ONE;
    for (int i = 1; i < 16; i++) {
      term = term.multiply(small, precise).divide(BigDecimal.valueOf(i), precise);
      sum = sum.add(term, precise);
    }
    for (int i = 0; i < 16; i++) {
      sum = sum.multiply(sum, precise);
    }
    return sum.round(DIGITS);
  }

  /** By the series of the inverse hyperbolic tangent of (x - 1) / (x + 1). */
  static BigDecimal log(BigDecimal x) {
    BigDecimal z = over(x.subtract(ONE), x.add(ONE));
    BigDecimal square = times(z, z);
    BigDecimal[] power = {z};
    return times(
        TWO,
        sum(
            i -> {
              BigDecimal term = over(power[0], BigDecimal.valueOf(2 * i + 1));
              power[0] = times(power[0], square);
              return term;
            }));
  }

  static BigDecimal tanh(BigDecimal a) {
    return ONE.subtract(over(TWO, exp(a.multiply(TWO)).add(ONE)));
  }

  /** By its series, whose terms grow up to 3e7 for the greatest a here. */
  static BigDecimal erf(BigDecimal a) {
    BigDecimal square = times(a, a).negate();
    BigDecimal[] power = {a};
    BigDecimal sum =
        sum(
            i -> {
              if (i > 0) {
                power[0] = over(times(power[0], square), BigDecimal.valueOf(i));
              }
              return over(power[0], BigDecimal.valueOf(2 * i + 1));
            });
    return over(times(TWO, sum), ROOT_OF_PI);
  }

  /** What the nearest float lacks of the slope at 0. */
  static float restOfSlope() {
    double slope = over(TWO, ROOT_OF_PI).doubleValue();
    return (float) (slope - (float) slope);
  }

  /** The normal distribution's part below -a. */
  static BigDecimal normal(BigDecimal a) {
    return over(ONE.subtract(erf(over(a, ROOT_OF_TWO))), TWO);
  }

  static BigDecimal logistic(BigDecimal a) {
    return over(ONE, ONE.add(exp(a)));
  }

  static BigDecimal cubic(BigDecimal a) {
    BigDecimal cube = a.pow(3, DIGITS).multiply(new BigDecimal("0.044715"));
    BigDecimal factor = over(times(TWO, ROOT_OF_TWO), ROOT_OF_PI);
    return logistic(times(factor, a.add(cube)));
  }

  // ---- polynomials

  /** Chebyshev's nodes. */
  static double[] nodes(double low, double high, int count) {
    double[] nodes = new double[count];
    for (int i = 0; i < count; i++) {
      double u = StrictMath.cos((i + 0.5) * Math.PI / count);
      nodes[i] = (low + high) / 2 + (high - low) / 2 * u;
    }
    return nodes;
  }

  /** The polynomial of the powers from `lowest` to `highest`, from the power 0 on. */
  static float[] coefficients(
      double[] nodes, double[] values, double[] weights, int lowest, int highest) {
    double scale = Arrays.stream(nodes).map(Math::abs).max().orElseThrow();
    double[][] basis = new double[highest + 1 - lowest][nodes.length];
    for (int i = 0; i < nodes.length; i++) {
      double x = nodes[i] / scale;
      double power = 1;
      for (int p = 0; p <= highest; p++) {
        if (p >= lowest) {
          basis[p - lowest][i] = power * weights[i];
        }
        power *= x;
      }
    }
    double[] wanted = new double[nodes.length];
    Arrays.setAll(wanted, i -> values[i] * weights[i]);
    double[] best = minimax(basis, wanted);
    float[] coefficients = new float[highest + 1];
    double unit = 1;
    for (int p = 0; p <= highest; p++) {
      if (p >= lowest) {
        coefficients[p] = (float) (best[p - lowest] / unit);
      }
      unit *= scale;
    }
    return coefficients;
  }

  /** The combination of columns whose largest distance from what is wanted is least. */
  static double[] minimax(double[][] columns, double[] wanted) {
    int n = wanted.length;
    double[] share = new double[n];
    Arrays.fill(share, 1.0 / n);
    double[] found = {};
    for (int round = 0; round < ITERATIONS; round++) {
      double[] root = Arrays.stream(share).map(Math::sqrt).toArray();
      found = leastSquares(columns, wanted, root);
      double[] error = new double[n];
      double most = 0;
      for (int i = 0; i < n; i++) {
        double sum = -wanted[i];
        for (int c = 0; c < columns.length; c++) {
          sum += columns[c][i] * found[c];
        }
        error[i] = Math.abs(sum);
        most = Math.max(most, error[i]);
      }
      if (most == 0) {
        break;
      }
      double total = 0;
      for (int i = 0; i < n; i++) {
        share[i] *= error[i] + 1e-3 * most;
        total += share[i];
      }
      for (int i = 0; i < n; i++) {
        share[i] /= total;
      }
    }
    return found;
  }

  /** By orthogonal columns (modified Gram-Schmidt), the wanted numbers being the last. */
  static double[] leastSquares(double[][] columns, double[] wanted, double[] factors) {
    int count = columns.length;
    double[][] q = new double[count + 1][wanted.length];
    double[][] r = new double[count][count + 1];
    for (int i = 0; i < wanted.length; i++) {
      for (int c = 0; c < count; c++) {
        q[c][i] = columns[c][i] * factors[i];
      }
      q[count][i] = wanted[i] * factors[i];
    }
    for (int c = 0; c < count; c++) {
      double norm = Math.sqrt(dot(q[c], q[c]));
      r[c][c] = norm;
      for (int i = 0; i < wanted.length; i++) {
        q[c][i] /= norm;
      }
      for (int d = c + 1; d <= count; d++) {
        double part = dot(q[c], q[d]);
        r[c][d] = part;
        for (int i = 0; i < wanted.length; i++) {
          q[d][i] -= part * q[c][i];
        }
      }
    }
    double[] found = new double[count];
    for (int c = count - 1; c >= 0; c--) {
      double rest = r[c][count];
      for (int d = c + 1; d < count; d++) {
        rest -= r[c][d] * found[d];
      }
      found[c] = rest / r[c][c];
    }
    return found;
  }

  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  // ---- text

  static float[] floats(int count, IntFunction<BigDecimal> numbers) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = (float) numbers.apply(i).doubleValue();
    }
    return floats;
  }

  void write(String name, String comment, float[]... rows) {
    var bounds = (rows.length > 1 ? "[" + rows.length + "]" : "") + "[" + rows[0].length + "]";
    var texts = Arrays.stream(rows).map(Tables::lines).toList();
    var body =
        rows.length > 1 ? "{" + String.join("},\n    {", texts) + "}" : " " + texts.getFirst();
    out.append(
        "\n/* %s */\nstatic const float %s%s = {\n    %s};\n"
            .formatted(comment, name, bounds, body));
  }

  static String lines(float[] row) {
    var lines = new ArrayList<String>();
    for (int i = 0; i < row.length; i += 8) {
      var words = new StringJoiner(", ");
      for (int j = i; j < Math.min(row.length, i + 8); j++) {
        words.add(hexadecimal(row[j]));
      }
      lines.add(words.toString());
    }
    return String.join(",\n     ", lines);
  }

  /** A float as C writes it. */
  static String hexadecimal(float x) {
    if (x == 0) {
      return "0";
    }
    var parts = Double.toHexString(x).split("p");
    var sign = parts[1].startsWith("-") ? "" : "+";
    return parts[0].replaceAll("\\.?0*$", "") + "p" + sign + parts[1] + "f";
  }
}
