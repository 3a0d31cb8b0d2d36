package dev.chagres.tensor;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import org.jspecify.annotations.Nullable;

/** Covariances and correlations of the rows of a matrix, composed of products and sums. */
final class Covariance {
  private Covariance() {}

  static Tensor cov(
      Tensor x, long correction, @Nullable Tensor frequencies, @Nullable Tensor weights) {
    if (x.dim() > 2) {
      throw new IllegalArgumentException(
          "cov: needs at most two dimensions, not shape " + x.shape());
    }
    if (x.dtype() == DType.BOOL) {
      throw new IllegalArgumentException("cov: not defined for bool");
    }
    Tensor rows = x.dim() < 2 ? ViewOps.reshape(x, Shape.of(1, x.numel())) : x;
    long observations = rows.size(1);
    if (frequencies != null && !frequencies.dtype().isInteger()) {
      throw new IllegalArgumentException(
          "cov: frequencies must be integers, not " + frequencies.dtype());
    }
    if (weights != null && !weights.dtype().isFloating()) {
      throw new IllegalArgumentException("cov: weights must be floating, not " + weights.dtype());
    }
    check("frequencies", frequencies, observations);
    check("weights", weights, observations);
    Tensor factor =
        frequencies == null ? weights : weights == null ? frequencies : frequencies.mul(weights);
    if (factor == null) {
      Tensor mean = rows.sum(Keep.KEEPDIM, 1).div(observations);
      Tensor apart = rows.sub(mean);
      return apart.matmul(apart.t()).div(Math.max(0, observations - correction)).squeeze();
    }
    Tensor total = factor.sum();
    if (total.item() == 0) {
      throw new IllegalArgumentException("cov: the weights add up to zero");
    }
    Tensor freedom = total.sub(correction);
    if (weights != null && correction != 0) {
      freedom = total.sub(factor.mul(weights).sum().div(total).mul(correction));
    }
    Tensor apart = rows.sub(rows.mul(factor).sum(Keep.KEEPDIM, 1).div(total));
    Tensor weighted = apart.mul(factor);
    Tensor products = apart.matmul(Copying.cast(weighted, apart.dtype()).t());
    return products.div(freedom.item() <= 0 ? freedom.zerosLike() : freedom).squeeze();
  }

  private static void check(String what, @Nullable Tensor given, long observations) {
    if (given == null) {
      return;
    }
    if (given.dim() > 1 || given.numel() != observations) {
      throw new IllegalArgumentException(
          "cov: "
              + what
              + " of shape "
              + given.shape()
              + " for "
              + observations
              + " observations; one for each is needed");
    }
    if (given.detach().lt(0).any().isTrue()) {
      throw new IllegalArgumentException("cov: " + what + " may not be negative");
    }
  }

  static Tensor corrcoef(Tensor x) {
    if (x.dim() > 2) {
      throw new IllegalArgumentException(
          "corrcoef: needs at most two dimensions, not shape " + x.shape());
    }
    if (x.dtype() == DType.BOOL) {
      throw new IllegalArgumentException("corrcoef: not defined for bool");
    }
    Tensor c = cov(x, 1, null, null);
    if (c.dim() == 0) {
      return c.div(c);
    }
    Tensor deviation = c.diagonal(0).sqrt();
    return c.div(deviation.unsqueeze(1)).div(deviation.unsqueeze(0)).clamp(-1, 1);
  }
}
