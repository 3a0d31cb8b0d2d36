package dev.chagres.testing;

import static dev.chagres.testing.OpDb.NONE;

import dev.chagres.backend.BinaryOp;
import dev.chagres.core.DType;
import dev.chagres.tensor.Doors;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OpDb.Binary;
import dev.chagres.testing.OpDb.Call2;
import dev.chagres.testing.OpDb.Integers2;
import dev.chagres.testing.OpDb.Meaning2;
import dev.chagres.testing.OpDb.Slack;
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
  private static final double[][] NOT_DIFFERENTIABLE = {};

  // 1 - b * b cancels where b is close to 1, as in PyTorch.
  private static final Slack NEAR_ONE =
      (a, _, dtype) -> Math.abs(a) * Floats.ulp(dtype, 1) + Double.MIN_VALUE;
  // The slopes are sums of terms of size up to 1 + |b| that cancel, as in PyTorch.
  private static final Slack SLOPE =
      (a, b, dtype) ->
          4 * Math.abs(a) * (1 + Math.abs(b)) * Floats.ulp(dtype, 1) + Double.MIN_VALUE;

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
