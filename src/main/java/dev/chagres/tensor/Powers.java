package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;

/** Powers with a number as the exponent, whose gradient needs no logarithm. */
final class Powers {
  private Powers() {}

  static Tensor pow(Tensor x, Number exponent) {
    double power = exponent.doubleValue();
    if (power == 2 && x.dtype().isFloating()) {
      return Elementwise.unary(UnaryOp.SQUARE, x);
    }
    DType common = Promotion.of(x, exponent);
    Tensor base = Copying.cast(x, common);
    Tensor constant = Elementwise.constant("pow", BinaryOp.POW, exponent, common, x.device());
    Tensor y;
    try (var _ = GradMode.disable()) {
      y = Elementwise.binary(BinaryOp.POW, base, constant);
    }
    if (base.requiresGrad() && GradMode.isEnabled()) {
      Saved kept = new Saved(base);
      Operation.Rule<Tensor> rule =
          power == 0 ? g -> g.zerosLike() : g -> g.mul(pow(kept.get(), power - 1).mul(power));
      y.setHistory(Operation.of("PowBackward", Gradients.input(base, rule)));
    }
    return y;
  }
}
