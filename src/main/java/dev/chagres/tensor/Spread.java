package dev.chagres.tensor;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.function.UnaryOperator;

/**
 * Reductions composed from others: variance, norm, log-sum-exp. As in PyTorch, the gradient of a
 * norm and of a standard deviation of 0 is 0.
 */
final class Spread {
  private Spread() {}

  static Tensor var(Tensor x, int[] dims, long correction, Keep keep) {
    return accurately(
        "VarBackward", checked("var", x), wide -> variance(wide, dims, correction, keep));
  }

  static Tensor std(Tensor x, int[] dims, long correction, Keep keep) {
    return accurately(
        "StdBackward", checked("std", x), wide -> root(variance(wide, dims, correction, keep)));
  }

  private static Tensor variance(Tensor x, int[] dims, long correction, Keep keep) {
    Shape kept = Reducing.kept("var", x.shape(), dims);
    double count = kept.numel() == 0 ? Double.NaN : (double) x.numel() / kept.numel();
    Tensor squares = x.sub(Reducing.mean(x, dims, Keep.KEEPDIM)).square();
    return squares.sum(keep, dims).div(Math.max(0, count - correction));
  }

  static Tensor norm(Tensor x, int[] dims, Keep keep) {
    return accurately(
        "LinalgVectorNormBackward",
        checked("norm", x),
        wide -> root(wide.square().sum(keep, dims)));
  }

  private static Tensor root(Tensor x) {
    Tensor zero = x.detach().eq(0);
    return Tensor.where(zero, x.mul(0), Tensor.where(zero, x.onesLike(), x).sqrt());
  }

  static Tensor logsumexp(Tensor x, int[] dims, Keep keep) {
    Tensor source = x.dtype().isFloating() ? x : Copying.cast(x, DType.FLOAT32);
    return accurately("LogsumexpBackward", source, wide -> shifted(wide, dims, keep));
  }

  private static Tensor shifted(Tensor x, int[] dims, Keep keep) {
    if (x.numel() == 0) {
      return x.exp().sum(keep, dims).log();
    }
    Tensor top = x.detach().amax(Keep.KEEPDIM, dims);
    Tensor shift = Tensor.where(top.isinf(), top.zerosLike(), top);
    Tensor sum = x.sub(shift).exp().sum(Keep.KEEPDIM, dims).log().add(shift);
    return keep == Keep.KEEPDIM ? sum : sum.reshape(sum.sum(dims).shape());
  }

  private static Tensor checked(String name, Tensor x) {
    if (!x.dtype().isFloating()) {
      throw new IllegalArgumentException(
          name + ": not defined for " + x.dtype() + "; convert to a floating dtype first");
    }
    return x;
  }

  /** Composes in float32 what the half types would round at every step. */
  private static Tensor accurately(String name, Tensor x, UnaryOperator<Tensor> composition) {
    DType dtype = x.dtype();
    boolean half = dtype == DType.FLOAT16 || dtype == DType.BFLOAT16;
    Tensor y =
        half
            ? Copying.cast(composition.apply(Copying.cast(x, DType.FLOAT32)), dtype)
            : composition.apply(x);
    return Gradients.named(name, y, x);
  }
}
