package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.ReduceOp;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;

/**
 * Norms of order p. The sums are reductions; the gradients are written apart, since a length of 0
 * has the gradient 0 and powers of 0 have none.
 */
final class NormOps {
  /** What keeps the factor of {@link #renorm} finite, in PyTorch too. */
  private static final double TINY = 1e-7;

  private NormOps() {}

  /** Converts what is to be measured, to no narrower dtype. */
  static Tensor widened(Tensor x, DType dtype) {
    Reducing.floating("norm", x);
    if (x.dtype().promote(dtype) != dtype) {
      throw new IllegalArgumentException("norm: " + dtype + " does not hold all of " + x.dtype());
    }
    return Copying.cast(x, dtype);
  }

  static Tensor norm(String name, Tensor x, double p, int[] dims, Keep keep) {
    Reducing.floating(name, x);
    Shape kept = Reducing.kept(name, x.shape(), dims);
    if (p < 0 || Double.isInfinite(p)) {
      Reducing.checkElements(name, ReduceOp.MAX, x.shape(), kept);
    }
    return Spread.accurately(
        "LinalgVectorNormBackward", x, wide -> recorded(wide, p, kept, dims, keep));
  }

  private static Tensor recorded(Tensor x, double p, Shape kept, int[] dims, Keep keep) {
    Tensor y;
    try (var _ = GradMode.disable()) {
      y = length(x, p, dims, keep);
    }
    if (x.requiresGrad() && GradMode.isEnabled()) {
      Saved from = new Saved(x);
      Saved length = new Saved(y);
      y.setHistory(
          Operation.of(
              "LinalgVectorNormBackward",
              Gradients.input(x, g -> slope(g, from.get(), length.get(), p, kept))));
    }
    return y;
  }

  private static Tensor length(Tensor x, double p, int[] dims, Keep keep) {
    if (p == 0) {
      return Copying.cast(Reducing.reduce(ReduceOp.SUM, x.ne(0), dims, keep), x.dtype());
    } else if (p == 1) {
      return Reducing.reduce(ReduceOp.SUM_MAGNITUDES, x, dims, keep);
    } else if (p == 2) {
      return Reducing.reduce(ReduceOp.SUM_SQUARES, x, dims, keep).sqrt();
    } else if (Double.isInfinite(p)) {
      return p > 0 ? x.abs().amax(keep, dims) : x.abs().amin(keep, dims);
    }
    return x.abs().pow(p).sum(keep, dims).pow(1 / p);
  }

  /** The gradient, written with operations that have one, for {@code y} of any shape. */
  static Tensor slope(Tensor g, Tensor x, Tensor y, double p, Shape kept) {
    if (p == 0) {
      return x.zerosLike();
    }
    Tensor gradient = ViewOps.reshape(g, kept);
    Tensor length = ViewOps.reshape(y, kept);
    if (p == 1) {
      return x.sign().mul(gradient);
    } else if (p == 2) {
      return x.mul(over(gradient, length));
    } else if (Double.isInfinite(p)) {
      Tensor size = x.detach().abs();
      Tensor winners = size.eq(length.detach()).logicalOr(size.isnan()).to(gradient.dtype());
      Tensor count = Reducing.sumTo(winners, kept);
      return x.sign().mul(winners.mul(gradient.div(count)));
    }
    // The factors are grouped so that none overflows where the product does not.
    Tensor relative = over(x, ViewOps.expand(length, x.shape()));
    // What is 0 beside the length is steep below order 1, where it is not 0 itself.
    Tensor zero =
        p < 1 ? x.detach().eq(0).logicalOr(length.detach().eq(0)) : relative.detach().eq(0);
    Tensor size = Tensor.where(zero, relative.onesLike(), relative.abs());
    Tensor power = Tensor.where(zero, relative.zerosLike(), size.pow(p - 1));
    return x.sign().mul(power).mul(gradient);
  }

  /** Divides, and gives 0, with the gradient 0, where the divisor is 0. */
  static Tensor over(Tensor x, Tensor divisor) {
    Tensor zero = divisor.detach().eq(0);
    Tensor safe = Tensor.where(zero, divisor.onesLike(), divisor);
    return Tensor.where(zero, x.newZeros(), x.div(safe));
  }

  static Tensor dist(Tensor a, Tensor b, double p) {
    DType dtype = Promotion.of(a, b);
    if (!dtype.isFloating()) {
      throw new IllegalArgumentException(
          "dist: not defined for " + dtype + "; convert to a floating dtype first");
    }
    if (Shape.broadcast(a.shape(), b.shape()) == null) {
      throw new IllegalArgumentException(
          "dist: shapes " + a.shape() + " and " + b.shape() + " do not broadcast");
    }
    Tensor y = norm("dist", a.sub(b), p, Reducing.ALL, Keep.DROPDIM);
    return Gradients.named("DistBackward", y, a);
  }

  static Tensor renorm(String name, Tensor x, double p, int dim, double most) {
    Reducing.floating(name, x);
    if (x.dim() < 2) {
      throw new IllegalArgumentException(
          name + ": at least two dimensions are needed, not shape " + x.shape());
    }
    if (!(p > 0)) {
      throw new IllegalArgumentException(name + ": the order p must be positive, not " + p);
    }
    if (!(most >= 0)) {
      throw new IllegalArgumentException(name + ": the greatest norm is negative: " + most);
    }
    int axis = x.shape().axis(name, dim);
    int[] others = new int[x.dim() - 1];
    for (int i = 0; i < others.length; i++) {
      others[i] = i < axis ? i : i + 1;
    }
    Tensor y =
        Spread.accurately(
            "RenormBackward",
            x,
            wide -> {
              Tensor length = norm(name, wide, p, others, Keep.KEEPDIM);
              Tensor factor = length.add(TINY).reciprocal().mul(most);
              Tensor longer = length.detach().gt(most);
              return wide.mul(Tensor.where(longer, factor, factor.onesLike()));
            });
    return Gradients.named("RenormBackward", Copying.contiguous(y), x);
  }
}
