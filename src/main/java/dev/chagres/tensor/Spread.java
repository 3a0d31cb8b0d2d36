package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.Halves;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * The door of variances and standard deviations, and log-sum-exp, which is composed of others. As
 * in PyTorch the gradient of a standard deviation of 0 is 0.
 */
final class Spread {
  private Spread() {}

  static Tensor var(Tensor x, int[] dims, double correction, Keep keep) {
    Moments moments = Moments.of("var", x, dims, correction, keep);
    return moments.var("VarBackward");
  }

  static Tensor std(Tensor x, int[] dims, double correction, Keep keep) {
    Moments moments = Moments.of("std", x, dims, correction, keep);
    return moments.std("StdBackward");
  }

  static VarMean varMean(Tensor x, int[] dims, double correction, Keep keep) {
    Moments moments = Moments.of("varMean", x, dims, correction, keep);
    return new VarMean(moments.var("VarMeanBackward"), moments.mean("VarMeanBackward"));
  }

  static StdMean stdMean(Tensor x, int[] dims, double correction, Keep keep) {
    Moments moments = Moments.of("stdMean", x, dims, correction, keep);
    return new StdMean(moments.std("StdMeanBackward"), moments.mean("StdMeanBackward"));
  }

  /**
   * What one call of the kernel found.
   *
   * @param kept the shape of the results with the reduced dimensions as 1
   * @param freedom what the sum of squares is divided by, before it is bounded by 0
   * @param mean and {@code squares}, the sums of squared distances, in float64, in the shape of the
   *     results
   */
  private record Moments(
      Tensor x, Shape kept, boolean whole, double freedom, Tensor mean, Tensor squares) {

    static Moments of(String name, Tensor x, int[] dims, double correction, Keep keep) {
      Shape from = Reducing.floating(name, x).shape();
      Shape kept = Reducing.kept(name, from, dims);
      Strided mean = x.data().like(kept, DType.FLOAT64);
      Strided squares = x.data().like(kept, DType.FLOAT64);
      if (x.numel() == 0) {
        Creation.fill(mean, Double.NaN);
        Creation.fill(squares, Double.NaN);
      } else {
        Backends.of(x.device()).reductions().moments(x.data(), mean, squares);
        Reference.reachabilityFence(x);
      }
      return new Moments(
          x,
          kept,
          kept.numel() == 1 && dims.length == 0,
          Reducing.count(from, kept) - correction,
          Reducing.shaped(mean, from, kept, dims, keep),
          Reducing.shaped(squares, from, kept, dims, keep));
    }

    private Tensor variance() {
      try (var _ = GradMode.disable()) {
        return squares.div(Math.max(0, freedom));
      }
    }

    Tensor var(String node) {
      Tensor y = Copying.cast(variance(), x.dtype());
      if (x.requiresGrad() && GradMode.isEnabled()) {
        Saved saved = new Saved(x);
        y.setHistory(Operation.of(node, Gradients.input(x, g -> slope(g, saved.get()))));
      }
      return y;
    }

    Tensor std(String node) {
      Tensor y = Copying.cast(variance().sqrt(), x.dtype());
      if (x.requiresGrad() && GradMode.isEnabled()) {
        Saved saved = new Saved(x);
        Saved root = new Saved(y);
        y.setHistory(
            Operation.of(
                node,
                Gradients.input(x, g -> slope(NormOps.over(g.div(2), root.get()), saved.get()))));
      }
      return y;
    }

    Tensor mean(String node) {
      Tensor y = Copying.cast(mean, x.dtype());
      if (x.requiresGrad() && GradMode.isEnabled()) {
        Shape from = x.shape();
        double count = Reducing.count(from, kept);
        y.setHistory(
            Operation.of(
                node, Gradients.input(x, g -> Gradients.spread(g.div(count), from, kept))));
      }
      return y;
    }

    /** The gradient of the variance: twice the distances from the mean, over the freedom. */
    private Tensor slope(Tensor g, Tensor from) {
      Tensor apart = from.sub(Reducing.mean(from, keptDims(), Keep.KEEPDIM));
      if (whole && freedom <= 0) {
        // As in PyTorch, which has a rule of its own where all elements are reduced.
        Tensor endless = apart.detach().fullLike(Double.POSITIVE_INFINITY);
        Tensor none = endless.fullLike(Double.NaN);
        return g.mul(Tensor.where(apart.detach().eq(0), none, endless));
      }
      return Gradients.spread(g, from.shape(), kept).mul(apart.mul(2 / freedom));
    }

    private int[] keptDims() {
      int[] dims = new int[kept.dim()];
      int count = 0;
      for (int i = 0; i < dims.length; i++) {
        if (kept.size(i) == 1) {
          dims[count++] = i;
        }
      }
      return Arrays.copyOf(dims, count);
    }
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

  /** Composes in float32 what the half types would round at every step. */
  static Tensor accurately(String name, Tensor x, UnaryOperator<Tensor> composition) {
    DType dtype = x.dtype();
    boolean half = Halves.isHalf(dtype);
    Tensor y =
        half
            ? Copying.cast(composition.apply(Copying.cast(x, DType.FLOAT32)), dtype)
            : composition.apply(x);
    return Gradients.named(name, y, x);
  }
}
