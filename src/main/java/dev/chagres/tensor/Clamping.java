package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.BinaryOp;
import dev.chagres.core.DType;
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
      Operation.Rule<Tensor> rule =
          g -> Tensor.where(within(kept.get(), min, max), g, g.zerosLike());
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
