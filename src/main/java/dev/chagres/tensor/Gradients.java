package dev.chagres.tensor;

import static dev.chagres.backend.BinaryOp.GELU_BACKWARD;
import static dev.chagres.backend.BinaryOp.GELU_TANH_BACKWARD;
import static dev.chagres.backend.BinaryOp.POLYGAMMA;
import static dev.chagres.backend.BinaryOp.RELU_BACKWARD;
import static dev.chagres.backend.BinaryOp.SIGMOID_BACKWARD;
import static dev.chagres.backend.BinaryOp.SILU_BACKWARD;
import static dev.chagres.backend.BinaryOp.TANH_BACKWARD;
import static dev.chagres.backend.TernaryOp.SQUARED_DIFFERENCE_BACKWARD;
import static dev.chagres.backend.UnaryOp.FREXP_EXPONENT;
import static dev.chagres.tensor.Elementwise.binary;
import static dev.chagres.tensor.Elementwise.ternary;
import static dev.chagres.tensor.Elementwise.unary;

import dev.chagres.autograd.Node;
import dev.chagres.autograd.Operation;
import dev.chagres.autograd.Operation.Rule;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.ElementwiseOp;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.Shape;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of every operation with a kernel, a line each. A rule is written with differentiable
 * operations, sees operands of one dtype and one shape, and keeps on the tape exactly what it
 * captures. {@code x}, {@code a}, {@code b} are the operands, {@code y} the result, {@code g} the
 * gradient of the result.
 */
final class Gradients {
  private static final double LN_2 = Math.log(2);
  private static final double LN_10 = Math.log(10);
  private static final double TWO_BY_ROOT_PI = 2 / Math.sqrt(Math.PI);
  private static final double BY_ROOT_TWO_PI = 1 / Math.sqrt(2 * Math.PI);
  private static final double HALF_ROOT_PI = Math.sqrt(Math.PI) / 2;
  private static final double ROOT_TWO_PI = Math.sqrt(2 * Math.PI);
  private static final double ROOT_TWO_BY_PI = Math.sqrt(2 / Math.PI);
  private static final double GELU_SCALE = Math.sqrt(2 / Math.PI);
  private static final double GELU_CUBIC = 0.044715;

  private static final String[] UNARY_NAMES = names(UnaryOp.values());
  private static final String[] BINARY_NAMES = names(BinaryOp.values());

  private Gradients() {}

  private static Rule<Tensor> rule(UnaryOp op, Saved x, Saved y) {
    return switch (op) {
      case NEG -> g -> g.neg();
      case ABS -> g -> g.mul(x.get().sign());
      case SIGN, FLOOR, CEIL, ROUND, TRUNC, FREXP_EXPONENT -> g -> g.zerosLike();
      case SQUARE -> g -> g.mul(x.get()).mul(2);
      case RECIPROCAL -> g -> g.neg().mul(y.get().square());
      case SQRT -> g -> g.div(y.get().mul(2));
      case RSQRT -> g -> g.mul(y.get().pow(3)).mul(-0.5);
      case EXP -> g -> g.mul(y.get());
      case EXP2 -> g -> g.mul(y.get()).mul(LN_2);
      case EXPM1 -> g -> g.mul(y.get().add(1));
      case LOG -> g -> g.div(x.get());
      case LOG2 -> g -> g.div(x.get().mul(LN_2));
      case LOG10 -> g -> g.div(x.get().mul(LN_10));
      case LOG1P -> g -> g.div(x.get().add(1));
      case SIN -> g -> g.mul(x.get().cos());
      case COS -> g -> g.mul(x.get().sin().neg());
      case TAN -> g -> g.mul(y.get().square().add(1));
      case ASIN -> g -> g.mul(x.get().square().rsub(1).rsqrt());
      case ACOS -> g -> g.mul(x.get().square().rsub(1).rsqrt().neg());
      case ATAN -> g -> g.div(x.get().square().add(1));
      case SINH -> g -> g.mul(x.get().cosh());
      case COSH -> g -> g.mul(x.get().sinh());
      case TANH -> g -> binary(TANH_BACKWARD, g, y.get());
      case ASINH -> g -> g.mul(x.get().square().add(1).rsqrt());
      case ACOSH -> g -> g.mul(x.get().square().sub(1).rsqrt());
      case ATANH -> g -> g.div(x.get().square().rsub(1));
      case ERF -> g -> g.mul(x.get().square().neg().exp().mul(TWO_BY_ROOT_PI));
      case ERFC -> g -> g.mul(x.get().square().neg().exp().mul(-TWO_BY_ROOT_PI));
      case ERFINV -> g -> g.mul(y.get().square().exp().mul(HALF_ROOT_PI));
      case ERFCX -> g -> g.mul(x.get().mul(y.get()).mul(2).sub(TWO_BY_ROOT_PI));
      case NDTR -> g -> g.mul(x.get().square().mul(-0.5).exp().mul(BY_ROOT_TWO_PI));
      case NDTRI -> g -> g.mul(y.get().square().mul(0.5).exp().mul(ROOT_TWO_PI));
      case LOG_NDTR -> g -> g.div(Special.erfcx(x.get().mul(-Math.sqrt(0.5)))).mul(ROOT_TWO_BY_PI);
      case ENTR -> g -> g.mul(x.get().log().add(1).neg());
      case LGAMMA -> g -> g.mul(x.get().digamma());
      case DIGAMMA -> g -> g.mul(x.get().polygamma(1));
      case FRAC -> g -> g;
      case FREXP_MANTISSA -> g -> g.div(unary(FREXP_EXPONENT, x.get().detach()).exp2());
      case SIGMOID -> g -> binary(SIGMOID_BACKWARD, g, y.get());
      case SOFTPLUS -> g -> g.mul(x.get().sigmoid());
      // The root is NaN outside [0, 1], as the value is
      case LOGIT -> g -> g.div(x.get().mul(x.get().rsub(1)).sqrt().square());
      case SILU -> g -> binary(SILU_BACKWARD, g, x.get());
      case GELU -> g -> binary(GELU_BACKWARD, g, x.get());
      case GELU_TANH -> g -> binary(GELU_TANH_BACKWARD, g, x.get());
      case RELU -> g -> binary(RELU_BACKWARD, g, y.get());
      case BITWISE_NOT, LOGICAL_NOT, ISNAN, ISINF, ISFINITE, ISPOSINF, ISNEGINF, SIGNBIT ->
          throw notDifferentiable(op);
    };
  }

  private static Pair pair(BinaryOp op, Saved a, Saved b, Saved y) {
    return switch (op) {
      case ADD -> new Pair(g -> g, g -> g);
      case SUB -> new Pair(g -> g, g -> g.neg());
      case MUL -> new Pair(g -> g.mul(b.get()), g -> g.mul(a.get()));
      case DIV -> new Pair(g -> g.div(b.get()), g -> g.neg().mul(y.get()).div(b.get()));
      case FLOOR_DIVIDE, TRUNC_DIVIDE -> new Pair(g -> g.zerosLike(), g -> g.zerosLike());
      case REMAINDER -> new Pair(g -> g, g -> g.neg().mul(a.get().floorDivide(b.get())));
      case FMOD -> new Pair(g -> g, g -> g.neg().mul(a.get().truncDivide(b.get())));
      case POW ->
          new Pair(
              g -> powBase(g, a.get(), b.get()), g -> powExponent(g, a.get(), b.get(), y.get()));
      case MAXIMUM -> new Pair(g -> winner(g, a.get(), b.get()), g -> winner(g, b.get(), a.get()));
      case MINIMUM -> new Pair(g -> winner(g, b.get(), a.get()), g -> winner(g, a.get(), b.get()));
      case ATAN2 ->
          new Pair(
              g -> perSquare(g.mul(b.get()), a, b), g -> perSquare(g.neg().mul(a.get()), a, b));
      case COPYSIGN -> new Pair(g -> g.mul(signChange(a.get(), b.get())), g -> g.zerosLike());
      case FMAX ->
          new Pair(
              g -> chosen(g, first(a.get().ge(b.get()), b)),
              g -> unless(g, first(a.get().ge(b.get()), b)));
      case FMIN ->
          new Pair(
              g -> chosen(g, first(a.get().le(b.get()), b)),
              g -> unless(g, first(a.get().le(b.get()), b)));
      case HEAVISIDE -> new Pair(g -> g.zerosLike(), g -> chosen(g, a.get().eq(0)));
      case HYPOT -> new Pair(g -> g.mul(a.get().div(y.get())), g -> g.mul(b.get().div(y.get())));
      case NEXTAFTER -> new Pair(g -> chosen(g, a.get().ne(b.get())), g -> g.zerosLike());
      // Not by an exponential, whose infinity has no second derivative
      case LOGADDEXP ->
          new Pair(
              g -> g.mul(a.get().sub(b.get()).sigmoid()),
              g -> g.mul(b.get().sub(a.get()).sigmoid()));
      case LOGADDEXP2 ->
          new Pair(
              g -> g.div(b.get().sub(a.get()).exp2().add(1)),
              g -> g.div(a.get().sub(b.get()).exp2().add(1)));
      case XLOGY ->
          new Pair(
              g -> g.mul(unless(b.get().log(), a.get().eq(0).logicalAnd(b.get().le(0)))),
              g -> g.mul(a.get().div(b.get())));
      case XLOG1PY ->
          new Pair(
              g -> g.mul(unless(b.get().log1p(), a.get().eq(0).logicalAnd(b.get().le(-1)))),
              g -> g.mul(a.get()).div(b.get().add(1)));
      case IGAMMA -> new Pair(g -> noOrder(op), g -> g.mul(gammaDensity(a.get(), b.get())));
      case IGAMMAC -> new Pair(g -> noOrder(op), g -> g.mul(gammaDensity(a.get(), b.get()).neg()));
      case POLYGAMMA ->
          new Pair(g -> g.zerosLike(), g -> g.mul(binary(POLYGAMMA, a.get().add(1), b.get())));
      case SQUARED_DIFFERENCE ->
          new Pair(g -> distanceBackward(2, a, b, g), g -> distanceBackward(2, b, a, g));
      case RELU_BACKWARD -> new Pair(g -> binary(RELU_BACKWARD, g, b.get()), g -> g.zerosLike());
      case SIGMOID_BACKWARD ->
          new Pair(
              g -> binary(SIGMOID_BACKWARD, g, b.get()),
              g -> g.mul(a.get()).mul(b.get().mul(-2).add(1)));
      case TANH_BACKWARD ->
          new Pair(
              g -> binary(TANH_BACKWARD, g, b.get()), g -> g.mul(a.get()).mul(b.get().mul(-2)));
      case SILU_BACKWARD ->
          new Pair(
              g -> binary(SILU_BACKWARD, g, b.get()),
              g -> g.mul(a.get()).mul(siluCurvature(b.get())));
      case GELU_BACKWARD ->
          new Pair(
              g -> binary(GELU_BACKWARD, g, b.get()),
              g -> g.mul(a.get()).mul(geluCurvature(b.get())));
      case GELU_TANH_BACKWARD ->
          new Pair(
              g -> binary(GELU_TANH_BACKWARD, g, b.get()),
              g -> g.mul(a.get()).mul(geluTanhCurvature(b.get())));
      case EQ,
          NE,
          LT,
          LE,
          GT,
          GE,
          LOGICAL_AND,
          LOGICAL_OR,
          LOGICAL_XOR,
          GCD,
          LCM,
          BITWISE_AND,
          BITWISE_OR,
          BITWISE_XOR,
          BITWISE_LEFT_SHIFT,
          BITWISE_RIGHT_SHIFT ->
          throw notDifferentiable(op);
    };
  }

  /** {@code kept}: the shape of the result with the reduced dimensions as 1. */
  private static Rule<Tensor> rule(ReduceOp op, Saved x, Saved y, Shape from, Shape kept) {
    return switch (op) {
      case SUM -> g -> spread(g, from, kept);
      case PROD -> g -> spread(g, from, kept).mul(Reducing.productOfOthers(x.get(), kept));
      case MAX, MIN -> g -> shareAmongEquals(g, x.get(), ViewOps.reshape(y.get(), kept));
      case SUM_SQUARES -> g -> spread(g, from, kept).mul(x.get()).mul(2);
      case SUM_MAGNITUDES -> g -> spread(g, from, kept).mul(x.get().sign());
      case ARGMAX, ARGMIN, ANY, ALL -> throw notDifferentiable(op);
    };
  }

  private static List<Rule<Tensor>> rules(TernaryOp op, Number v, Saved a, Saved b, Saved c) {
    return switch (op) {
      case LERP ->
          List.of(
              g -> g.mul(c.get().rsub(1)), g -> g.mul(c.get()), g -> g.mul(b.get().sub(a.get())));
      case ADDCMUL -> List.of(g -> g, g -> times(g.mul(c.get()), v), g -> times(g.mul(b.get()), v));
      case ADDCDIV ->
          List.of(
              g -> g,
              g -> times(g, v).div(c.get()),
              g -> g.neg().mul(times(b.get(), v).div(c.get())).div(c.get()));
      case SQUARED_DIFFERENCE_BACKWARD ->
          List.of(
              g -> times(g.mul(c.get()), v),
              g -> times(g.mul(c.get()), v).neg(),
              g -> distanceBackward(v, a, b, g));
      // A bound has the gradient where it is the result and not equal to the element
      case CLAMP ->
          List.of(
              g -> chosen(g, a.get().ge(b.get()).logicalAnd(a.get().le(c.get()))),
              g -> chosen(g, a.get().lt(b.get()).logicalAnd(b.get().lt(c.get()))),
              g -> chosen(g, a.get().gt(c.get()).logicalOr(c.get().lt(b.get()))));
    };
  }

  /** {@code v (a - b) g}. */
  private static Tensor distanceBackward(Number v, Saved a, Saved b, Tensor g) {
    List<Tensor> operands = List.of(a.get(), b.get(), g);
    return ternary("SquaredDifferenceBackward", SQUARED_DIFFERENCE_BACKWARD, v, operands);
  }

  /** A factor of 1, which is most often there, costs nothing. */
  private static Tensor times(Tensor x, Number factor) {
    return factor.doubleValue() == 1 ? x : x.mul(factor);
  }

  private record Pair(Rule<Tensor> first, Rule<Tensor> second) {}

  // ---- formulas that need more than a line

  /** b a^(b-1), and 0 where b is 0 even if a is 0 too. */
  private static Tensor powBase(Tensor g, Tensor a, Tensor b) {
    return Tensor.where(b.eq(0), b.zerosLike(), g.mul(b.mul(a.pow(b.sub(1)))));
  }

  /** a^b log a, and 0 where a is 0 and b is not negative. */
  private static Tensor powExponent(Tensor g, Tensor a, Tensor b, Tensor y) {
    Tensor vanishes = a.eq(0).logicalAnd(b.ge(0));
    return Tensor.where(vanishes, y.zerosLike(), g.mul(y).mul(a.log()));
  }

  /**
   * The gradient where {@code mine} is greater, half of it where both are equal. A NaN on either
   * side lets it pass, as in PyTorch.
   */
  private static Tensor winner(Tensor g, Tensor mine, Tensor other) {
    Tensor shared = Tensor.where(mine.eq(other), g.div(2), g);
    return Tensor.where(mine.lt(other), g.zerosLike(), shared);
  }

  /** Divides by a^2 + b^2; 0 where that is 0, as in PyTorch. */
  private static Tensor perSquare(Tensor g, Saved a, Saved b) {
    Tensor square = a.get().square().add(b.get().square());
    Tensor zero = square.eq(0);
    return Tensor.where(zero, g.zerosLike(), g.div(Tensor.where(zero, g.onesLike(), square)));
  }

  /** 1 where the sign stays and -1 where it changes, 0 where a is 0, as in PyTorch. */
  private static Tensor signChange(Tensor a, Tensor b) {
    Tensor same = a.copysign(b).div(a);
    return Tensor.where(a.eq(0), a.zerosLike(), same);
  }

  /** Where fmax or fmin takes the first operand: it is not beyond the second, or that is a NaN. */
  private static Tensor first(Tensor within, Saved b) {
    return within.logicalOr(b.get().isnan());
  }

  static Tensor chosen(Tensor g, Tensor where) {
    return Tensor.where(where, g, g.zerosLike());
  }

  private static Tensor unless(Tensor g, Tensor where) {
    return Tensor.where(where, g.zerosLike(), g);
  }

  /** x^(a-1) exp(-x) / Gamma(a). */
  private static Tensor gammaDensity(Tensor a, Tensor x) {
    return a.sub(1).mul(x.log()).sub(x).sub(a.lgamma()).exp();
  }

  private static Tensor noOrder(BinaryOp op) {
    throw new IllegalStateException(
        op.methodName()
            + ": has no gradient with respect to the first operand, as in PyTorch; detach() it");
  }

  /** s (1 - s) (2 + x (1 - 2 s)) with s = sigmoid(x). */
  private static Tensor siluCurvature(Tensor x) {
    Tensor s = x.sigmoid();
    return s.mul(s.rsub(1)).mul(x.mul(s.mul(-2).add(1)).add(2));
  }

  /** (2 - x^2) times the normal density. */
  private static Tensor geluCurvature(Tensor x) {
    Tensor square = x.square();
    return square.mul(-0.5).exp().mul(BY_ROOT_TWO_PI).mul(square.rsub(2));
  }

  /** With u = k (x + c x^3), t = tanh u: (1 - t^2) (u' + x/2 (u'' - 2 t u'^2)). */
  private static Tensor geluTanhCurvature(Tensor x) {
    Tensor square = x.square();
    Tensor t = square.mul(GELU_CUBIC).add(1).mul(x).mul(GELU_SCALE).tanh();
    Tensor slope = square.mul(3 * GELU_CUBIC).add(1).mul(GELU_SCALE);
    Tensor bend = x.mul(6 * GELU_CUBIC * GELU_SCALE);
    return t.square()
        .rsub(1)
        .mul(slope.add(x.mul(0.5).mul(bend.sub(t.mul(slope.square()).mul(2)))));
  }

  static Tensor spread(Tensor g, Shape from, Shape kept) {
    return ViewOps.expand(ViewOps.reshape(g, kept), from);
  }

  /** Shares a gradient among the elements that are the extremum: a NaN equals none, and is NaN. */
  private static Tensor shareAmongEquals(Tensor g, Tensor x, Tensor extremum) {
    return share(g, x.eq(extremum), extremum.shape());
  }

  private static Tensor share(Tensor g, Tensor winners, Shape kept) {
    Tensor ones = winners.to(g.dtype());
    Tensor count = Reducing.sumTo(ones, kept);
    return ones.mul(ViewOps.reshape(g, kept).div(count));
  }

  // ---- recording

  static Node<Tensor> record(UnaryOp op, Tensor x, Tensor y) {
    return Operation.of(UNARY_NAMES[op.ordinal()], input(x, rule(op, new Saved(x), new Saved(y))));
  }

  static Node<Tensor> record(BinaryOp op, Tensor a, Tensor b, Tensor y) {
    Pair rules = pair(op, new Saved(a), new Saved(b), new Saved(y));
    return Operation.of(BINARY_NAMES[op.ordinal()], input(a, rules.first), input(b, rules.second));
  }

  static Node<Tensor> record(TernaryOp op, Number v, Tensor a, Tensor b, Tensor c) {
    List<Rule<Tensor>> rules = rules(op, v, new Saved(a), new Saved(b), new Saved(c));
    return Operation.of(
        capitals(op.name()) + "Backward",
        input(a, rules.get(0)),
        input(b, rules.get(1)),
        input(c, rules.get(2)));
  }

  static Node<Tensor> record(ReduceOp op, Tensor x, Tensor y, Shape kept) {
    String name =
        switch (op) {
          case MAX -> "AmaxBackward";
          case MIN -> "AminBackward";
          case PROD -> "ProdBackward";
          case SUM_SQUARES, SUM_MAGNITUDES -> "LinalgVectorNormBackward";
          default -> "SumBackward";
        };
    return Operation.of(name, input(x, rule(op, new Saved(x), new Saved(y), x.shape(), kept)));
  }

  /**
   * A choice of one of all elements, whose gradient its equals share, and each NaN if it is one.
   */
  static Node<Tensor> recordChoice(String name, Tensor x, Tensor y) {
    Saved all = new Saved(x);
    Saved chosen = new Saved(y);
    return Operation.of(
        name,
        input(
            x,
            g -> {
              Tensor one = chosen.get();
              Tensor winners = Tensor.where(one.isnan(), all.get().isnan(), all.get().eq(one));
              return share(g, winners, one.shape());
            }));
  }

  static Node<Tensor> recordWhere(Tensor condition, Tensor a, Tensor b) {
    Saved kept = new Saved(condition);
    return Operation.of(
        "WhereBackward",
        input(a, g -> Tensor.where(kept.get(), g, g.zerosLike())),
        input(b, g -> Tensor.where(kept.get(), g.zerosLike(), g)));
  }

  /**
   * An operand and its rule, or null if it wants no gradient; then what the rule captured is kept
   * by nobody.
   */
  static Operation.@Nullable Input<Tensor> input(Tensor x, Rule<Tensor> rule) {
    var edge = x.edge();
    return edge == null ? null : new Operation.Input<>(edge, rule);
  }

  /**
   * Names an operation that was composed of others, {@code y} of {@code x}, as PyTorch names it. A
   * composition that had nothing to do leaves the name of what made {@code x}.
   */
  @SuppressWarnings("ReferenceEquality") // which operation it is, not what it says
  static Tensor named(String name, Tensor y, Tensor x) {
    Node<Tensor> node = y.gradFn();
    if (node != null && node != x.gradFn()) {
      node.rename(name);
    }
    return y;
  }

  private static IllegalStateException notDifferentiable(Enum<?> op) {
    return new IllegalStateException(op + " has no gradient");
  }

  private static String[] names(ElementwiseOp[] ops) {
    String[] names = new String[ops.length];
    for (int i = 0; i < ops.length; i++) {
      names[i] = name(ops[i]) + "Backward";
    }
    return names;
  }

  private static String name(ElementwiseOp op) {
    return switch (op) {
      case UnaryOp.SQUARE -> "Pow";
      case UnaryOp.ERFCX, UnaryOp.NDTR, UnaryOp.NDTRI, UnaryOp.LOG_NDTR, UnaryOp.ENTR ->
          "Special" + capitals(op.name());
      case UnaryOp.FREXP_MANTISSA -> "Frexp";
      case BinaryOp.XLOG1PY -> "SpecialXlog1Py";
      default -> capitals(op.name());
    };
  }

  private static String capitals(String words) {
    StringBuilder name = new StringBuilder();
    for (String word : words.split("_", -1)) {
      name.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
    }
    return name.toString();
  }
}
