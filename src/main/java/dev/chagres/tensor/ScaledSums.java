package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.TernaryOp;
import dev.chagres.core.DType;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.primitive.Halves;
import java.util.List;

/**
 * Sums with a term that a number scales. As in PyTorch all operands are promoted first, so that the
 * number acts in the result's dtype; halves are computed in float32 and rounded once.
 */
final class ScaledSums {
  private ScaledSums() {}

  /** ADD or SUB: {@code x + alpha * y} or {@code x - alpha * y}. */
  static Tensor sum(String name, BinaryOp op, Tensor x, Tensor y, Number alpha) {
    DType common = Promotion.of(x, given(name, "y", y));
    Elementwise.checkBools(name, op, x, y);
    checkFactor(name, "alpha", alpha, common);
    Tensor sum = Elementwise.binary(op, wide(x, common), term(common, y, alpha));
    return Gradients.named(
        op == BinaryOp.ADD ? "AddBackward" : "SubBackward", Copying.cast(sum, common), x);
  }

  /** The same, written over x. */
  static Tensor sumInPlace(String name, BinaryOp op, Tensor x, Tensor y, Number alpha) {
    DType common = Promotion.of(x, given(name, "y", y));
    Elementwise.checkBools(name, op, x, y);
    if (Halves.computed(common) != common) {
      return Copying.replaced(name, x, old -> sum(name, op, old, y, alpha));
    }
    checkFactor(name, "alpha", alpha, common);
    return Elementwise.binaryInPlace(op, x, term(common, y, alpha));
  }

  private static Tensor term(DType common, Tensor y, Number alpha) {
    if (isOne(alpha)) {
      return wide(y, common);
    }
    return switch (common) {
      case BOOL -> Copying.cast(y.mul(alpha), DType.BOOL);
      case FLOAT16, BFLOAT16 -> wide(y, common).mul(Creation.scalar("add", alpha, common).item());
      default -> wide(y, common).mul(alpha);
    };
  }

  /** {@code x + value * a * b}. */
  static Tensor addcmul(String name, Tensor x, Tensor a, Tensor b, Number value) {
    given(name, "a", a);
    given(name, "b", b);
    if (Autocast.applies(AutocastFunction.ADDCMUL, x)) {
      return Autocast.call(
          AutocastFunction.ADDCMUL,
          List.of(x, a, b),
          wide -> addcmul(name, wide.get(0), wide.get(1), wide.get(2), value));
    }
    DType common = Promotion.of(x, a, b);
    checkFactor(name, "value", value, common);
    if (common == DType.BOOL) {
      throw new IllegalArgumentException(name + ": not defined for bool");
    }
    return fused(name, TernaryOp.ADDCMUL, value, List.of(x, a, b), common);
  }

  /** {@code x + value * a / b}. */
  static Tensor addcdiv(String name, Tensor x, Tensor a, Tensor b, Number value) {
    given(name, "a", a);
    given(name, "b", b);
    if (Autocast.applies(AutocastFunction.ADDCDIV, x)) {
      return Autocast.call(
          AutocastFunction.ADDCDIV,
          List.of(x, a, b),
          wide -> addcdiv(name, wide.get(0), wide.get(1), wide.get(2), value));
    }
    DType common = Promotion.of(x, a, b);
    checkFactor(name, "value", value, common);
    if (!a.dtype().isFloating() && !b.dtype().isFloating()) {
      throw new IllegalArgumentException(
          name
              + ": "
              + a.dtype()
              + " divided by "
              + b.dtype()
              + " would be an integer division; convert one to a floating dtype first");
    }
    return fused(name, TernaryOp.ADDCDIV, value, List.of(x, a, b), common);
  }

  private static Tensor fused(
      String name, TernaryOp op, Number value, List<Tensor> operands, DType common) {
    List<Tensor> wide =
        List.of(
            wide(operands.get(0), common),
            wide(operands.get(1), common),
            wide(operands.get(2), common));
    Tensor sum = Copying.cast(Elementwise.ternary(name, op, value, wide), common);
    String node = op == TernaryOp.ADDCMUL ? "AddcmulBackward" : "AddcdivBackward";
    return Gradients.named(node, sum, operands.getFirst());
  }

  /** {@code beta * x + alpha * a * b}, where a beta of 0 does not read x. */
  static Tensor addr(String name, Tensor x, Tensor a, Tensor b, List<Number> factors) {
    DType common = Promotion.of(x, a, b);
    Number beta = factors.getFirst();
    Number alpha = factors.getLast();
    checkFactor(name, "beta", beta, common);
    checkFactor(name, "alpha", alpha, common);
    Tensor product = wide(a, common).mul(wide(b, common));
    Tensor term = scaled(product, alpha, common);
    Tensor start =
        beta.doubleValue() == 0 ? unread(wide(x, common)) : scaled(wide(x, common), beta, common);
    return Gradients.named("AddrBackward", Copying.cast(start.add(term), common), x);
  }

  /** A factor of 1, which is most often there, costs nothing. */
  private static Tensor scaled(Tensor x, Number factor, DType common) {
    if (isOne(factor)) {
      return x;
    }
    return common == DType.BOOL ? Copying.cast(x.mul(factor), common) : x.mul(factor);
  }

  private static boolean isOne(Number factor) {
    return factor.doubleValue() == 1;
  }

  /** Zeros in the place of what is not read, to which a gradient of zeros flows. */
  private static Tensor unread(Tensor x) {
    Tensor zeros = ViewOps.expand(x.newZeros(), x.shape());
    if (x.requiresGrad() && GradMode.isEnabled()) {
      zeros.setHistory(Operation.of("MulBackward", Gradients.input(x, g -> g.zerosLike())));
    }
    return zeros;
  }

  /** Returns an operand promoted, in the type that is computed in. */
  private static Tensor wide(Tensor x, DType common) {
    return Copying.cast(Copying.cast(x, common), Halves.computed(common));
  }

  private static void checkFactor(String name, String parameter, Number factor, DType common) {
    if (Scalars.isFloating(given(name, parameter, factor)) && !common.isFloating()) {
      throw new IllegalArgumentException(
          name
              + ": the result is "
              + common
              + ", which the floating "
              + parameter
              + " "
              + factor
              + " cannot scale; convert an operand to a floating dtype first, or scale by an"
              + " integer");
    }
    Scalars.fitting(name, factor, common);
  }
}
