package dev.chagres.testing;

import static dev.chagres.testing.OpDb.NONE;

import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;
import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Doors;
import dev.chagres.tensor.Special;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OpDb.Call1;
import dev.chagres.testing.OpDb.Integers1;
import dev.chagres.testing.OpDb.Meaning1;
import dev.chagres.testing.OpDb.Slack;
import dev.chagres.testing.OpDb.Unary;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rows of {@link UnaryOp}. */
final class UnaryRows {
  private static final double[] ANYWHERE = {-2.3, -1.2, -0.4, 0.3, 0.8, 1.9};
  private static final double[] POSITIVE = {0.2, 0.6, 1.3, 2.4, 3.7};
  private static final double[] INSIDE = {-0.8, -0.3, 0.15, 0.5, 0.7};
  private static final double[] INSIDE_UNIT = {0.15, 0.3, 0.45, 0.7, 0.85};
  private static final double[] ABOVE_ONE = {1.2, 1.7, 2.5, 4.1};
  private static final double[] OFF_POLES = {-2.4, -1.3, -0.4, 0.3, 0.9, 2.6, 6.5};
  private static final double[] NOT_DIFFERENTIABLE = {};

  // Below -log(MAX) exp(-x) overflows and the result is 0, as in PyTorch; what is lost is denormal.
  private static final Slack UNDERFLOW =
      (x, _, dtype) -> (1 + Math.abs(x)) * Floats.leastNormal(dtype);
  // 1 + erf and 1 + tanh cancel for negative x: the error is relative to x, as in PyTorch.
  private static final Slack CANCELS = (x, _, dtype) -> 2 * Math.abs(x) * Floats.ulp(dtype, 1);

  // A rounded argument of the logarithm is an absolute error of its value, as in PyTorch.
  private static final Slack ROUNDED = (_, _, dtype) -> Floats.ulp(dtype, 1);

  static final List<Unary> ROWS = new ArrayList<>();

  static {
    on(UnaryOp.NEG, Tensor::neg, Tensor::neg_, x -> -x, (_, x) -> -x, ANYWHERE);
    on(UnaryOp.ABS, Tensor::abs, Tensor::abs_, Math::abs, (_, x) -> Math.abs(x), ANYWHERE);
    on(
        UnaryOp.SIGN,
        Tensor::sign,
        Tensor::sign_,
        UnaryRows::sign,
        (_, x) -> Long.signum(x),
        ANYWHERE);
    on(UnaryOp.SQUARE, Tensor::square, Tensor::square_, x -> x * x, (_, x) -> x * x, ANYWHERE);
    on(
        UnaryOp.RELU,
        Tensor::relu,
        Tensor::relu_,
        UnaryRows::relu,
        (_, x) -> Math.max(x, 0),
        ANYWHERE);
    on(UnaryOp.RECIPROCAL, Tensor::reciprocal, Tensor::reciprocal_, x -> 1 / x, POSITIVE);
    on(UnaryOp.SQRT, Tensor::sqrt, Tensor::sqrt_, Math::sqrt, POSITIVE);
    on(UnaryOp.RSQRT, Tensor::rsqrt, Tensor::rsqrt_, x -> 1 / Math.sqrt(x), POSITIVE);
    on(UnaryOp.EXP, Tensor::exp, Tensor::exp_, Math::exp, ANYWHERE);
    on(UnaryOp.EXP2, Tensor::exp2, Tensor::exp2_, x -> Math.pow(2, x), ANYWHERE);
    on(UnaryOp.EXPM1, Tensor::expm1, Tensor::expm1_, Math::expm1, ANYWHERE);
    on(UnaryOp.LOG, Tensor::log, Tensor::log_, Math::log, POSITIVE);
    on(UnaryOp.LOG2, Tensor::log2, Tensor::log2_, Reference::log2, POSITIVE);
    on(UnaryOp.LOG10, Tensor::log10, Tensor::log10_, Math::log10, POSITIVE);
    on(UnaryOp.LOG1P, Tensor::log1p, Tensor::log1p_, Math::log1p, INSIDE);
    on(UnaryOp.SIN, Tensor::sin, Tensor::sin_, Math::sin, ANYWHERE);
    on(UnaryOp.COS, Tensor::cos, Tensor::cos_, Math::cos, ANYWHERE);
    on(UnaryOp.TAN, Tensor::tan, Tensor::tan_, Math::tan, INSIDE);
    on(UnaryOp.ASIN, Tensor::asin, Tensor::asin_, Math::asin, INSIDE);
    on(UnaryOp.ACOS, Tensor::acos, Tensor::acos_, Math::acos, INSIDE);
    on(UnaryOp.ATAN, Tensor::atan, Tensor::atan_, Math::atan, ANYWHERE);
    on(UnaryOp.SINH, Tensor::sinh, Tensor::sinh_, Math::sinh, ANYWHERE);
    on(UnaryOp.COSH, Tensor::cosh, Tensor::cosh_, Math::cosh, ANYWHERE);
    on(UnaryOp.TANH, Tensor::tanh, Tensor::tanh_, Math::tanh, ANYWHERE);
    on(UnaryOp.ASINH, Tensor::asinh, Tensor::asinh_, Reference::asinh, ANYWHERE);
    on(UnaryOp.ACOSH, Tensor::acosh, Tensor::acosh_, Reference::acosh, ABOVE_ONE);
    on(UnaryOp.ATANH, Tensor::atanh, Tensor::atanh_, Reference::atanh, INSIDE);
    on(UnaryOp.ERF, Tensor::erf, Tensor::erf_, Reference::erf, ANYWHERE);
    on(UnaryOp.ERFC, Tensor::erfc, Tensor::erfc_, Reference::erfc, ANYWHERE);
    special();
    slack(
        UnaryOp.SIGMOID,
        Tensor::sigmoid,
        Tensor::sigmoid_,
        Reference::sigmoid,
        UNDERFLOW,
        ANYWHERE);
    slack(
        UnaryOp.SOFTPLUS,
        x -> Primitives.of(x).softplus(x),
        null,
        Reference::softplus,
        UNDERFLOW,
        ANYWHERE);
    slack(UnaryOp.LOGIT, Tensor::logit, null, x -> Math.log(x / (1 - x)), ROUNDED, INSIDE_UNIT);
    slack(UnaryOp.SILU, x -> Primitives.of(x).silu(x), null, Reference::silu, UNDERFLOW, ANYWHERE);
    slack(UnaryOp.GELU, x -> Primitives.of(x).gelu(x), null, Reference::gelu, CANCELS, ANYWHERE);
    slack(
        UnaryOp.GELU_TANH,
        x -> Primitives.of(x).geluTanh(x),
        null,
        Reference::geluTanh,
        CANCELS,
        ANYWHERE);
    rounding(UnaryOp.FLOOR, Tensor::floor, Tensor::floor_, Math::floor);
    rounding(UnaryOp.CEIL, Tensor::ceil, Tensor::ceil_, Math::ceil);
    rounding(UnaryOp.ROUND, Tensor::round, Tensor::round_, Math::rint);
    rounding(UnaryOp.TRUNC, Tensor::trunc, Tensor::trunc_, Reference::trunc);
    on(UnaryOp.FRAC, Tensor::frac, Tensor::frac_, x -> x - Reference.trunc(x), ANYWHERE);
    on(
        UnaryOp.FREXP_MANTISSA,
        x -> Doors.unary(UnaryOp.FREXP_MANTISSA, x),
        null,
        UnaryRows::mantissa,
        ANYWHERE);
    on(
        UnaryOp.FREXP_EXPONENT,
        x -> Doors.unary(UnaryOp.FREXP_EXPONENT, x),
        null,
        UnaryRows::exponent,
        ANYWHERE);
    on(
        UnaryOp.BITWISE_NOT,
        Tensor::bitwiseNot,
        Tensor::bitwiseNot_,
        x -> x,
        UnaryRows::not,
        NOT_DIFFERENTIABLE);
    on(
        UnaryOp.LOGICAL_NOT,
        Tensor::logicalNot,
        Tensor::logicalNot_,
        x -> is(x == 0),
        (_, x) -> x == 0 ? 1 : 0,
        NOT_DIFFERENTIABLE);
    on(UnaryOp.ISNAN, Tensor::isnan, null, x -> is(Double.isNaN(x)), NOT_DIFFERENTIABLE);
    on(UnaryOp.ISINF, Tensor::isinf, null, x -> is(Double.isInfinite(x)), NOT_DIFFERENTIABLE);
    on(UnaryOp.ISPOSINF, Tensor::isposinf, null, x -> is(x == 1 / 0.0), NOT_DIFFERENTIABLE);
    on(UnaryOp.ISNEGINF, Tensor::isneginf, null, x -> is(x == -1 / 0.0), NOT_DIFFERENTIABLE);
    ROWS.add(
        new Unary(
            UnaryOp.SIGNBIT,
            Tensor::signbit,
            null,
            x -> is(Double.doubleToRawLongBits(x) < 0),
            (_, x) -> x < 0 ? 1 : 0,
            NOT_DIFFERENTIABLE,
            NONE));
    on(UnaryOp.ISFINITE, Tensor::isfinite, null, x -> is(Double.isFinite(x)), NOT_DIFFERENTIABLE);
  }

  private UnaryRows() {}

  // The meaning of these is a few ulp off in float64: their slack is what its rounding makes.

  private static void special() {
    Slack squared =
        (x, _, _) -> SpecialReference.ndtr(x) * (8 + 2 * x * x) * 0x1p-52 + Double.MIN_NORMAL;
    slack(
        UnaryOp.ERFCX,
        Special::erfcx,
        null,
        SpecialReference::erfcx,
        (x, _, _) -> SpecialReference.erfcx(x) * (8 + 2 * Math.min(x * x, 800)) * 0x1p-52,
        ANYWHERE);
    slack(UnaryOp.NDTR, Special::ndtr, null, SpecialReference::ndtr, squared, ANYWHERE);
    slack(
        UnaryOp.LOG_NDTR,
        Special::logNdtr,
        null,
        SpecialReference::logNdtr,
        (x, _, _) ->
            x > 0
                ? SpecialReference.ndtr(-x) * (8 + 2 * x * x) * 0x1p-52 + Double.MIN_NORMAL
                : (1 + Math.min(x * x, 1e300)) * 0x1p-50,
        ANYWHERE);
    slack(
        UnaryOp.ERFINV,
        Tensor::erfinv,
        Tensor::erfinv_,
        SpecialReference::erfinv,
        (x, _, _) -> Math.abs(x) * 0x1p-49,
        INSIDE);
    slack(
        UnaryOp.NDTRI,
        Special::ndtri,
        null,
        SpecialReference::ndtri,
        (_, _, _) -> 0x1p-47,
        INSIDE_UNIT);
    on(UnaryOp.ENTR, Special::entr, null, SpecialReference::entr, POSITIVE);
    slack(
        UnaryOp.LGAMMA,
        Tensor::lgamma,
        Tensor::lgamma_,
        SpecialReference::lgamma,
        (x, _, _) -> 1e-13 + Math.min(1e300, Math.abs(SpecialReference.lgamma(x))) * 0x1p-49,
        OFF_POLES);
    slack(
        UnaryOp.DIGAMMA,
        Tensor::digamma,
        Tensor::digamma_,
        SpecialReference::digamma,
        (x, _, _) -> 1e-13 * (1 + Math.min(1e300, Math.abs(SpecialReference.digamma(x)))),
        OFF_POLES);
  }

  private static double exponent(double x) {
    if (x == 0 || !Double.isFinite(x)) {
      return 0;
    }
    return Math.abs(x) < Double.MIN_NORMAL
        ? Math.getExponent(x * 0x1p60) - 59
        : Math.getExponent(x) + 1;
  }

  private static double mantissa(double x) {
    return Math.scalb(
        Math.scalb(x, (int) -exponent(x) / 2), (int) -exponent(x) - (int) -exponent(x) / 2);
  }

  private static void on(
      UnaryOp op, Call1 call, @Nullable Call1 inPlace, Meaning1 meaning, double... smooth) {
    ROWS.add(new Unary(op, call, inPlace, meaning, null, smooth, NONE));
  }

  private static void on(
      UnaryOp op,
      Call1 call,
      Call1 inPlace,
      Meaning1 meaning,
      Integers1 integers,
      double... smooth) {
    ROWS.add(new Unary(op, call, inPlace, meaning, integers, smooth, NONE));
  }

  private static void slack(
      UnaryOp op,
      Call1 call,
      @Nullable Call1 inPlace,
      Meaning1 meaning,
      Slack slack,
      double... smooth) {
    ROWS.add(new Unary(op, call, inPlace, meaning, null, smooth, slack));
  }

  private static void rounding(UnaryOp op, Call1 call, Call1 inPlace, Meaning1 meaning) {
    ROWS.add(new Unary(op, call, inPlace, meaning, (_, x) -> x, ANYWHERE, NONE));
  }

  private static double is(boolean truth) {
    return truth ? 1 : 0;
  }

  /** 0 for a NaN, and never -0, as in PyTorch. */
  private static double sign(double x) {
    return x > 0 ? 1 : x < 0 ? -1 : 0;
  }

  /** A NaN and -0 stay, as in PyTorch. */
  private static double relu(double x) {
    return x < 0 ? 0 : x;
  }

  private static long not(DType dtype, long x) {
    return dtype == DType.BOOL ? 1 - x : ~x;
  }
}
