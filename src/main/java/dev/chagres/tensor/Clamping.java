package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.autograd.Operation.Rule;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.TernaryOp;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.List;
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
    checkBound(x, min);
    checkBound(x, max);
    if (min != null && max != null) {
      DType common = Promotion.of(x, min).promote(Promotion.of(x, max));
      return both("clamp", Copying.cast(x, common), bound(x, min, common), bound(x, max, common));
    }
    Tensor y = x;
    try (var _ = GradMode.disable()) {
      y = min == null ? y : Elementwise.binary(BinaryOp.MAXIMUM, y, min);
      y = max == null ? y : Elementwise.binary(BinaryOp.MINIMUM, y, max);
    }
    if (x.requiresGrad() && GradMode.isEnabled()) {
      Saved kept = new Saved(x);
      Rule<Tensor> rule = g -> Gradients.chosen(g, within(kept.get(), min, max));
      String name = max == null ? "ClampMinBackward" : "ClampMaxBackward";
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
    Tensor low = bound(x, min, result);
    return Elementwise.ternaryInPlace("clamp_", TernaryOp.CLAMP, x, low, bound(x, max, result));
  }

  private static Tensor bound(Tensor x, Number value, DType dtype) {
    return Elementwise.constant("clamp", TernaryOp.CLAMP, value, dtype, x.device());
  }

  private static Tensor both(String name, Tensor x, Tensor min, Tensor max) {
    return Elementwise.ternary(name, TernaryOp.CLAMP, 0, List.of(x, min, max));
  }

  /** The same with bounds that broadcast; where the least is above the greatest, that one wins. */
  static Tensor clamp(String name, Tensor x, @Nullable Tensor min, @Nullable Tensor max) {
    if (min == null || max == null) {
      return min != null
          ? oneSided(name, x, min, true)
          : max != null ? oneSided(name, x, max, false) : x;
    }
    DType common = Promotion.of(x, min, max);
    if (common == DType.BOOL) {
      throw new IllegalArgumentException(name + ": not defined for bool");
    }
    return both(
        name, Copying.cast(x, common), Copying.cast(min, common), Copying.cast(max, common));
  }

  private static Tensor oneSided(String name, Tensor x, Tensor bound, boolean least) {
    DType common = Promotion.of(x, bound);
    Shape shape = Shape.broadcast(x.shape(), bound.shape());
    if (shape == null) {
      throw new IllegalArgumentException(
          name + ": shapes " + x.shape() + " and " + bound.shape() + " do not broadcast");
    }
    Tensor a = ViewOps.expand(Copying.cast(x, common), shape);
    Tensor b = ViewOps.expand(Copying.cast(bound, common), shape);
    Tensor y;
    try (var _ = GradMode.disable()) {
      y = Elementwise.binary(least ? BinaryOp.MAXIMUM : BinaryOp.MINIMUM, a, b);
    }
    if ((a.requiresGrad() || b.requiresGrad()) && GradMode.isEnabled()) {
      Saved in = new Saved(a);
      Saved kept = new Saved(b);
      // A bound has the gradient where it is the result and not equal to the element
      Rule<Tensor> inside =
          g -> Gradients.chosen(g, least ? in.get().ge(kept.get()) : in.get().le(kept.get()));
      Rule<Tensor> outside =
          g -> Gradients.chosen(g, least ? in.get().lt(kept.get()) : in.get().gt(kept.get()));
      y.setHistory(
          Operation.of(
              least ? "ClampMinBackward" : "ClampMaxBackward",
              Gradients.input(a, inside),
              Gradients.input(b, outside)));
    }
    return y;
  }

  private static void checkBound(Tensor x, @Nullable Number bound) {
    if (bound != null) {
      Scalars.fitting("clamp", bound, Promotion.of(x, bound));
    }
  }

  private static Tensor within(Tensor x, @Nullable Number min, @Nullable Number max) {
    return min != null ? x.ge(min) : max != null ? x.le(max) : x.eq(x);
  }
}
