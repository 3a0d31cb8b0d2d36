package dev.chagres.tensor;

import dev.chagres.core.Shape;

/** Reductions composed from others: variance, norm, log-sum-exp. */
final class Spread {
  private Spread() {}

  static Tensor var(Tensor x, int[] dims, long correction, Keep keep) {
    Shape kept = Reducing.kept("var", x.shape(), dims);
    double count = kept.numel() == 0 ? Double.NaN : (double) x.numel() / kept.numel();
    Tensor squares = x.sub(Reducing.mean(x, dims, Keep.KEEPDIM)).square();
    return squares.sum(keep, dims).div(Math.max(0, count - correction));
  }

  /** The gradient at 0 is 0, as in PyTorch. */
  static Tensor norm(Tensor x, int[] dims, Keep keep) {
    Tensor sum = x.square().sum(keep, dims);
    Tensor zero = sum.detach().eq(0);
    return Tensor.where(zero, sum.mul(0), Tensor.where(zero, sum.onesLike(), sum).sqrt());
  }

  static Tensor logsumexp(Tensor x, int[] dims, Keep keep) {
    if (x.numel() == 0) {
      return x.exp().sum(keep, dims).log();
    }
    Tensor top = x.detach().amax(Keep.KEEPDIM, dims);
    Tensor shift = Tensor.where(top.isinf(), top.zerosLike(), top);
    Tensor sum = x.sub(shift).exp().sum(Keep.KEEPDIM, dims).log().add(shift);
    return keep == Keep.KEEPDIM ? sum : sum.reshape(sum.sum(dims).shape());
  }
}
