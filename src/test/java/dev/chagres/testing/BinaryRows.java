package dev.chagres.testing;

import static dev.chagres.testing.OpDb.NONE;

import dev.chagres.backend.BinaryOp;
import dev.chagres.core.DType;
import dev.chagres.tensor.Doors;
import dev.chagres.tensor.Special;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OpDb.Binary;
import dev.chagres.testing.OpDb.Call2;
import dev.chagres.testing.OpDb.Integers2;
import dev.chagres.testing.OpDb.Meaning2;
import dev.chagres.testing.OpDb.Slack;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/** The rows of {@link BinaryOp}. */
final class BinaryRows {
  private static final double[] LEFT = {-2.3, -1.2, -0.4, 0.35, 0.8, 1.9};
  private static final double[] RIGHT = {-1.7, -0.65, 0.45, 1.1, 2.6};
  private static final double[][] ANYWHERE = {LEFT, RIGHT};
  private static final double[][] POSITIVE = {
    {0.2, 0.6, 1.3, 2.4, 3.7, 1.9}, {-1.7, -0.65, 0.45, 1.1, 2.6}
  };
  private static final double[][] RIGHT_POSITIVE = {LEFT, {0.3, 0.65, 0.45, 1.1, 2.6}};
  private static final double[][] BOTH_POSITIVE = {
    {0.3, 0.8, 1.6, 4.5, 130}, {0.2, 0.9, 1.4, 5.5, 120}
  };
  private static final double[][] ORDERS = {{0, 1, 2, 5}, {-1.7, -0.65, 0.45, 1.1, 12.6}};
  private static final double[][] NOT_DIFFERENTIABLE = {};

  // 1 - b * b cancels where b is close to 1, as in PyTorch.
  private static final Slack NEAR_ONE =
      (a, _, dtype) -> Math.abs(a) * Floats.ulp(dtype, 1) + Double.MIN_VALUE;
  // The slopes are sums of terms of size up to 1 + |b| that cancel, as in PyTorch.
  private static final Slack SLOPE =
      (a, b, dtype) ->
          4 * Math.abs(a) * (1 + Math.abs(b)) * Floats.ulp(dtype, 1) + Double.MIN_VALUE;

  // A sum of a number and a logarithm, which may cancel, as in PyTorch.
  private static final Slack SUM =
      (a, b, dtype) -> 2 * Floats.ulp(dtype, Math.max(1, Math.min(Math.abs(a), Math.abs(b))));

  static final List<Binary> ROWS = new ArrayList<>();

  static {
    on(BinaryOp.ADD, Tensor::add, Tensor::add_, Double::sum, (_, a, b) -> a + b, ANYWHERE);
    on(BinaryOp.SUB, Tensor::sub, Tensor::sub_, (a, b) -> a - b, (_, a, b) -> a - b, ANYWHERE);
    on(BinaryOp.MUL, Tensor::mul, Tensor::mul_, (a, b) -> a * b, (_, a, b) -> a * b, ANYWHERE);
    on(BinaryOp.DIV, Tensor::div, Tensor::div_, (a, b) -> a / b, null, ANYWHERE);
    on(
        BinaryOp.FLOOR_DIVIDE,
        Tensor::floorDivide,
        Tensor::floorDivide_,
        Reference::floorDivide,
        BinaryRows::floorDivide,
        ANYWHERE);
    full(
        BinaryOp.TRUNC_DIVIDE,
        Tensor::truncDivide,
        null,
        BinaryRows::truncDivide,
        (_, a, b) -> a / b,
        ANYWHERE,
        NONE);
    on(
        BinaryOp.REMAINDER,
        Tensor::remainder,
        Tensor::remainder_,
        Reference::remainder,
        (_, a, b) -> Math.floorMod(a, b),
        ANYWHERE);
    on(BinaryOp.FMOD, Tensor::fmod, Tensor::fmod_, (a, b) -> a % b, (_, a, b) -> a % b, ANYWHERE);
    on(BinaryOp.POW, Tensor::pow, Tensor::pow_, Reference::pow, BinaryRows::pow, POSITIVE);
    on(
        BinaryOp.MAXIMUM,
        Tensor::maximum,
        Tensor::maximum_,
        BinaryRows::maximum,
        (_, a, b) -> Math.max(a, b),
        ANYWHERE);
    on(
        BinaryOp.MINIMUM,
        Tensor::minimum,
        Tensor::minimum_,
        BinaryRows::minimum,
        (_, a, b) -> Math.min(a, b),
        ANYWHERE);
    on(BinaryOp.ATAN2, Tensor::atan2, null, Math::atan2, null, ANYWHERE);
    special();
    whole();
    predicate(BinaryOp.EQ, Tensor::eq, (a, b) -> is(a == b), (_, a, b) -> yes(a == b));
    predicate(BinaryOp.NE, Tensor::ne, (a, b) -> is(a != b), (_, a, b) -> yes(a != b));
    predicate(BinaryOp.LT, Tensor::lt, (a, b) -> is(a < b), (_, a, b) -> yes(a < b));
    predicate(BinaryOp.LE, Tensor::le, (a, b) -> is(a <= b), (_, a, b) -> yes(a <= b));
    predicate(BinaryOp.GT, Tensor::gt, (a, b) -> is(a > b), (_, a, b) -> yes(a > b));
    predicate(BinaryOp.GE, Tensor::ge, (a, b) -> is(a >= b), (_, a, b) -> yes(a >= b));
    predicate(
        BinaryOp.LOGICAL_AND,
        Tensor::logicalAnd,
        (a, b) -> is(a != 0 && b != 0),
        (_, a, b) -> yes(a != 0 && b != 0));
    predicate(
        BinaryOp.LOGICAL_OR,
        Tensor::logicalOr,
        (a, b) -> is(a != 0 || b != 0),
        (_, a, b) -> yes(a != 0 || b != 0));
    predicate(
        BinaryOp.LOGICAL_XOR,
        Tensor::logicalXor,
        (a, b) -> is((a != 0) != (b != 0)),
        (_, a, b) -> yes((a != 0) != (b != 0)));
    predicate(BinaryOp.BITWISE_AND, Tensor::bitwiseAnd, (a, b) -> Double.NaN, (_, a, b) -> a & b);
    predicate(BinaryOp.BITWISE_OR, Tensor::bitwiseOr, (a, b) -> Double.NaN, (_, a, b) -> a | b);
    predicate(BinaryOp.BITWISE_XOR, Tensor::bitwiseXor, (a, b) -> Double.NaN, (_, a, b) -> a ^ b);
    // The fused gradient formulas: a is the incoming gradient, b what the forward operation kept.
    full(
        BinaryOp.RELU_BACKWARD,
        door(BinaryOp.RELU_BACKWARD),
        null,
        (_, a, b) -> b <= 0 ? 0 : a,
        (_, a, b) -> b <= 0 ? 0 : a,
        ANYWHERE,
        NONE);
    slope(BinaryOp.SIGMOID_BACKWARD, b -> b * (1 - b), NEAR_ONE);
    slope(BinaryOp.TANH_BACKWARD, b -> 1 - b * b, NEAR_ONE);
    slope(BinaryOp.SILU_BACKWARD, Reference::siluSlope, SLOPE);
    slope(BinaryOp.GELU_BACKWARD, Reference::geluSlope, SLOPE);
    slope(BinaryOp.GELU_TANH_BACKWARD, Reference::geluTanhSlope, SLOPE);
  }

  private BinaryRows() {}

  private static void special() {
    on(BinaryOp.COPYSIGN, Tensor::copysign, Tensor::copysign_, Math::copySign, null, ANYWHERE);
    on(
        BinaryOp.FMAX,
        Tensor::fmax,
        Tensor::fmax_,
        (a, b) -> a >= b || Double.isNaN(b) ? a : b,
        (_, a, b) -> Math.max(a, b),
        ANYWHERE);
    on(
        BinaryOp.FMIN,
        Tensor::fmin,
        Tensor::fmin_,
        (a, b) -> a <= b || Double.isNaN(b) ? a : b,
        (_, a, b) -> Math.min(a, b),
        ANYWHERE);
    // The methods refuse two dtypes, as PyTorch does.
    on(
        BinaryOp.HEAVISIDE,
        door(BinaryOp.HEAVISIDE),
        null,
        (a, b) -> a == 0 ? b : is(a > 0),
        (_, a, b) -> a == 0 ? b : yes(a > 0),
        ANYWHERE);
    on(BinaryOp.HYPOT, Tensor::hypot, Tensor::hypot_, Math::hypot, null, ANYWHERE);
    full(
        BinaryOp.NEXTAFTER,
        Tensor::nextafter,
        Tensor::nextafter_,
        BinaryRows::nextAfter,
        null,
        ANYWHERE,
        NONE);
    full(
        BinaryOp.LOGADDEXP,
        Tensor::logaddexp,
        Tensor::logaddexp_,
        (_, a, b) -> SpecialReference.logaddexp(a, b),
        null,
        ANYWHERE,
        SUM);
    full(
        BinaryOp.LOGADDEXP2,
        Tensor::logaddexp2,
        Tensor::logaddexp2_,
        (_, a, b) -> SpecialReference.logaddexp2(a, b),
        null,
        ANYWHERE,
        SUM);
    on(
        BinaryOp.XLOGY,
        Tensor::xlogy,
        Tensor::xlogy_,
        (a, b) -> Double.isNaN(b) ? b : a == 0 ? 0 : a * Math.log(b),
        null,
        RIGHT_POSITIVE);
    on(
        BinaryOp.XLOG1PY,
        Special::xlog1py,
        null,
        (a, b) -> Double.isNaN(b) ? b : a == 0 ? 0 : a * Math.log1p(b),
        null,
        RIGHT_POSITIVE);
    on(
        BinaryOp.SQUARED_DIFFERENCE,
        door(BinaryOp.SQUARED_DIFFERENCE),
        null,
        (a, b) -> (a - b) * (a - b),
        null,
        ANYWHERE);
    full(
        BinaryOp.IGAMMA,
        Tensor::igamma,
        Tensor::igamma_,
        (_, a, b) -> SpecialReference.igamma(a, b),
        null,
        BOTH_POSITIVE,
        (a, b, _) -> 1e-12 * SpecialReference.igamma(a, b) + 1e-15);
    full(
        BinaryOp.IGAMMAC,
        Tensor::igammac,
        Tensor::igammac_,
        (_, a, b) -> SpecialReference.igammac(a, b),
        null,
        BOTH_POSITIVE,
        (a, b, _) -> 1e-12 * SpecialReference.igammac(a, b) + 1e-13);
    full(
        BinaryOp.POLYGAMMA,
        door(BinaryOp.POLYGAMMA),
        null,
        (_, a, b) -> SpecialReference.polygamma(a, b),
        null,
        ORDERS,
        (a, b, _) ->
            1e-12 * (1 + Math.min(1e290, Math.abs(SpecialReference.polygamma(a, b))))
                + 1e-12 * Math.min(1e290, cancelled(a, b)));
  }

  /** The size of the terms of a polygamma function left of 0, where they differ in sign. */
  private static double cancelled(double order, double x) {
    double n = Math.rint(order);
    double rest = Math.abs(x - Math.rint(x));
    return x > 0 || n == 0 || rest == 0
        ? 0
        : Math.exp(SpecialReference.lgamma(n + 1)) * Math.pow(rest, -n - 1);
  }

  private static void whole() {
    integers(BinaryOp.GCD, Tensor::gcd, Tensor::gcd_, (_, a, b) -> gcd(a, b).longValue());
    integers(BinaryOp.LCM, Tensor::lcm, Tensor::lcm_, BinaryRows::lcm);
    integers(
        BinaryOp.BITWISE_LEFT_SHIFT,
        Tensor::bitwiseLeftShift,
        Tensor::bitwiseLeftShift_,
        (dtype, a, b) -> b < 0 || b >= 8 * dtype.size() ? 0 : a << b);
    integers(
        BinaryOp.BITWISE_RIGHT_SHIFT,
        Tensor::bitwiseRightShift,
        Tensor::bitwiseRightShift_,
        (dtype, a, b) -> b < 0 || b >= 8 * dtype.size() ? a >> 63 : a >> b);
  }

  private static void integers(BinaryOp op, Call2 call, Call2 inPlace, Integers2 meaning) {
    on(op, call, inPlace, (a, b) -> Double.NaN, meaning, NOT_DIFFERENTIABLE);
  }

  private static BigInteger gcd(long a, long b) {
    return BigInteger.valueOf(a).gcd(BigInteger.valueOf(b));
  }

  /** Of the product that int, or a wider dtype, holds. */
  private static long lcm(DType dtype, long a, long b) {
    long divisor = Cells.wrap(dtype, gcd(a, b).longValue());
    long product = divisor == 0 ? 0 : Cells.wrap(dtype, a / divisor) * b;
    return Math.abs(dtype == DType.INT64 ? product : (int) product);
  }

  private static double nextAfter(DType dtype, double a, double b) {
    if (dtype == DType.FLOAT64) {
      return Math.nextAfter(a, b);
    } else if (dtype == DType.FLOAT32) {
      return Math.nextAfter((float) a, b);
    } else if (Double.isNaN(a) || Double.isNaN(b) || a == b) {
      return Double.isNaN(a) ? a : b;
    } else if (a == 0) {
      return Math.copySign(Floats.least(dtype), b);
    }
    double size = Math.abs(a);
    boolean away = (a < b) == (a > 0);
    double greatest = Floats.greatest(dtype);
    if (Double.isInfinite(a) || (away && size == greatest)) {
      return Math.copySign(away ? Double.POSITIVE_INFINITY : greatest, a);
    }
    boolean bottom =
        !away
            && size == Math.scalb(1.0, Math.getExponent(size))
            && size > Floats.leastNormal(dtype);
    double step = Floats.ulp(dtype, size) / (bottom ? 2 : 1);
    return Math.copySign(away ? size + step : size - step, a);
  }

  private static void on(
      BinaryOp op,
      Call2 call,
      @Nullable Call2 inPlace,
      DoubleBinaryOperator meaning,
      @Nullable Integers2 integers,
      double[][] smooth) {
    full(op, call, inPlace, (_, a, b) -> meaning.applyAsDouble(a, b), integers, smooth, NONE);
  }

  private static void predicate(
      BinaryOp op, Call2 call, DoubleBinaryOperator meaning, Integers2 integers) {
    on(op, call, null, meaning, integers, NOT_DIFFERENTIABLE);
  }

  private static void slope(BinaryOp op, DoubleUnaryOperator slope, Slack slack) {
    full(op, door(op), null, (_, a, b) -> a * slope.applyAsDouble(b), null, ANYWHERE, slack);
  }

  private static Call2 door(BinaryOp op) {
    return (a, b) -> Doors.binary(op, a, b);
  }

  private static void full(
      BinaryOp op,
      Call2 call,
      @Nullable Call2 inPlace,
      Meaning2 meaning,
      @Nullable Integers2 integers,
      double[][] smooth,
      Slack slack) {
    ROWS.add(new Binary(op, call, inPlace, meaning, integers, smooth, slack));
  }

  private static double is(boolean truth) {
    return truth ? 1 : 0;
  }

  private static long yes(boolean truth) {
    return truth ? 1 : 0;
  }

  /** The quotient is rounded to the dtype before its fraction is cut off, as in PyTorch. */
  private static double truncDivide(DType dtype, double a, double b) {
    DType compute = dtype == DType.FLOAT64 ? DType.FLOAT64 : DType.FLOAT32;
    return Reference.trunc(Floats.round(compute, a / b));
  }

  private static long floorDivide(DType dtype, long a, long b) {
    return Math.floorDiv(a, b);
  }

  /** A negative exponent gives 0 unless the base is 1 or -1, as in PyTorch. */
  private static long pow(DType dtype, long a, long b) {
    if (b < 0) {
      return a == 1 ? 1 : a == -1 ? (b % 2 == 0 ? 1 : -1) : 0;
    }
    long result = 1;
    long base = a;
    for (long n = b; n > 0; n >>= 1) {
      result *= (n & 1) != 0 ? base : 1;
      base *= base;
    }
    return result;
  }

  private static double maximum(double a, double b) {
    return a < b || Double.isNaN(b) && !Double.isNaN(a) ? b : a;
  }

  private static double minimum(double a, double b) {
    return a > b || Double.isNaN(b) && !Double.isNaN(a) ? b : a;
  }
}
