package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Node;
import dev.chagres.autograd.Operation;
import dev.chagres.autograd.Operation.Rule;
import dev.chagres.backend.BinaryOp;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Bounds on every element, null for none. As in PyTorch, the gradient passes where an element is
 * within them, the bounds included, and not where it is a NaN.
 */
final class Clamping {
  private Clamping() {}

  static Tensor clamp(Tensor x, @Nullable Number min, @Nullable Number max) {
    if (min == null && max == null) {
      throw new NullPointerException("clamp: there is neither a least nor a greatest value");
    }
    Tensor y = x;
    checkBound(x, min);
    checkBound(x, max);
    try (var _ = GradMode.disable()) {
      y = min == null ? y : Elementwise.binary(BinaryOp.MAXIMUM, y, min);
      y = max == null ? y : Elementwise.binary(BinaryOp.MINIMUM, y, max);
    }
    if (x.requiresGrad() && GradMode.isEnabled()) {
      Saved kept = new Saved(x);
      Rule<Tensor> rule = g -> Tensor.where(within(kept.get(), min, max), g, g.zerosLike());
      String name =
          max == null ? "ClampMinBackward" : min == null ? "ClampMaxBackward" : "ClampBackward";
      y.setHistory(Operation.of(name, Gradients.input(x, rule)));
    }
    return y;
  }

  static Tensor clampInPlace(Tensor x, Number min, Number max) {
    if (Writing.isRecorded("clamp_", x)) {
      return Writing.assign("clamp_", x, clamp(Copying.copy(x), min, max));
    }
    checkBound(x, min);
    checkBound(x, max);
    DType result = Promotion.of(x, min).promote(Promotion.of(x, max));
    Writing.check("clamp_", x, x.shape(), result);
    return x.maximum_(min).minimum_(max);
  }

  /** The same with bounds that broadcast; where the least is above the greatest, that one wins. */
  static Tensor clamp(String name, Tensor x, @Nullable Tensor min, @Nullable Tensor max) {
    Tensor one = min != null ? min : max != null ? max : x;
    Tensor other = max != null ? max : one;
    DType common = Promotion.of(x, one, other);
    if (common == DType.BOOL && min != null && max != null) {
      throw new IllegalArgumentException(name + ": not defined for bool");
    }
    Shape bounds = Shape.broadcast(one.shape(), other.shape());
    Shape shape = bounds == null ? null : Shape.broadcast(x.shape(), bounds);
    if (shape == null) {
      throw new IllegalArgumentException(
          name
              + ": shapes "
              + x.shape()
              + ", "
              + one.shape()
              + " and "
              + other.shape()
              + " do not broadcast");
    }
    Tensor a = spread(x, common, shape);
    Tensor low = min == null ? null : spread(min, common, shape);
    Tensor high = max == null ? null : spread(max, common, shape);
    Tensor y = a;
    try (var _ = GradMode.disable()) {
      y = low == null ? y : Elementwise.binary(BinaryOp.MAXIMUM, y, low);
      y = high == null ? y : Elementwise.binary(BinaryOp.MINIMUM, y, high);
    }
    boolean wanted =
        a.requiresGrad()
            || (low != null && low.requiresGrad())
            || (high != null && high.requiresGrad());
    if (wanted && GradMode.isEnabled()) {
      y.setHistory(recorded(new Saved(a), a, low, high));
    }
    return y;
  }

  private static Tensor spread(Tensor x, DType dtype, Shape shape) {
    return ViewOps.expand(Copying.cast(x, dtype), shape);
  }

  /** A bound has the gradient where it is the result and not equal to the element. */
  private static Node<Tensor> recorded(
      Saved x, Tensor a, @Nullable Tensor min, @Nullable Tensor max) {
    if (max == null && min != null) {
      Saved low = new Saved(min);
      return Operation.of(
          "ClampMinBackward",
          Gradients.input(a, g -> Gradients.chosen(g, x.get().ge(low.get()))),
          Gradients.input(min, g -> Gradients.chosen(g, x.get().lt(low.get()))));
    } else if (min == null && max != null) {
      Saved high = new Saved(max);
      return Operation.of(
          "ClampMaxBackward",
          Gradients.input(a, g -> Gradients.chosen(g, x.get().le(high.get()))),
          Gradients.input(max, g -> Gradients.chosen(g, x.get().gt(high.get()))));
    }
    Saved low = new Saved(Objects.requireNonNull(min));
    Saved high = new Saved(Objects.requireNonNull(max));
    Rule<Tensor> inside =
        g -> Gradients.chosen(g, x.get().ge(low.get()).logicalAnd(x.get().le(high.get())));
    Rule<Tensor> below =
        g -> Gradients.chosen(g, x.get().lt(low.get()).logicalAnd(low.get().lt(high.get())));
    Rule<Tensor> above =
        g -> Gradients.chosen(g, x.get().gt(high.get()).logicalOr(high.get().lt(low.get())));
    return Operation.of(
        "ClampBackward",
        Gradients.input(a, inside),
        Gradients.input(min, below),
        Gradients.input(max, above));
  }

  private static void checkBound(Tensor x, @Nullable Number bound) {
    if (bound != null) {
      Scalars.fitting("clamp", bound, Promotion.of(x, bound));
    }
  }

  private static Tensor within(Tensor x, @Nullable Number min, @Nullable Number max) {
    if (min == null || max == null) {
      return min != null ? x.ge(min) : max != null ? x.le(max) : x.eq(x);
    }
    return x.ge(min).logicalAnd(x.le(max));
  }
}
