package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Distances of the rows of one matrix from those of another. All differences at once would take the
 * memory of both matrices multiplied; they are made for some rows at a time, and made anew for the
 * gradient.
 */
final class Distances {
  /** Differences that are made at a time. */
  private static final long CHUNK = 1 << 20;

  /** With more rows on one side, PyTorch multiplies matrices for Euclidean distances. */
  private static final long MANY_ROWS = 25;

  private Distances() {}

  static Tensor cdist(Tensor a, Tensor b, double p, DistanceMode mode) {
    check(a, b, p);
    Shape leadA = a.shape().slice(0, a.dim() - 2);
    Shape leadB = b.shape().slice(0, b.dim() - 2);
    Shape lead = Shape.broadcast(leadA, leadB);
    if (lead == null) {
      throw new IllegalArgumentException(
          "cdist: leading sizes do not broadcast, " + a.shape() + " and " + b.shape());
    }
    Tensor x = ViewOps.expand(a, lead.concat(Shape.of(a.size(-2), a.size(-1))));
    Tensor y = ViewOps.expand(b, lead.concat(Shape.of(b.size(-2), b.size(-1))));
    boolean product =
        p == 2
            && a.size(-1) > 0
            && switch (mode) {
              case USE_MM_FOR_EUCLID_DIST -> true;
              case DONOT_USE_MM_FOR_EUCLID_DIST -> false;
              case USE_MM_FOR_EUCLID_DIST_IF_NECESSARY ->
                  a.size(-2) > MANY_ROWS || b.size(-2) > MANY_ROWS;
            };
    DType dtype = a.dtype();
    DType wide = dtype.size() < DType.FLOAT32.size() ? DType.FLOAT32 : dtype;
    return Copying.cast(distances(Copying.cast(x, wide), Copying.cast(y, wide), p, product), dtype);
  }

  private static void check(Tensor a, Tensor b, double p) {
    if (a.dim() < 2 || b.dim() < 2) {
      throw new IllegalArgumentException(
          "cdist: at least two dimensions are needed, not " + a.shape() + " and " + b.shape());
    }
    if (a.size(-1) != b.size(-1)) {
      throw new IllegalArgumentException(
          "cdist: the rows differ in length, " + a.shape() + " and " + b.shape());
    }
    if (a.dtype() != b.dtype() || !a.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "cdist: needs two tensors of one floating dtype, not " + a.dtype() + ", " + b.dtype());
    }
    checkOrder("cdist", p);
  }

  private static void checkOrder(String name, double p) {
    if (!(p >= 0)) {
      throw new IllegalArgumentException(name + ": the order p may not be negative: " + p);
    }
  }

  private static Tensor distances(Tensor a, Tensor b, double p, boolean product) {
    Tensor y;
    try (var _ = GradMode.disable()) {
      y = product ? byProduct(a, b) : byDifferences(a, b, p);
    }
    if ((a.requiresGrad() || b.requiresGrad()) && GradMode.isEnabled()) {
      Saved keptA = new Saved(a);
      Saved keptB = new Saved(b);
      Saved kept = new Saved(y);
      y.setHistory(
          Operation.of(
              "CdistBackward",
              Gradients.input(a, g -> slope(g, keptA.get(), keptB.get(), kept.get(), p)),
              Gradients.input(
                  b, g -> slope(turned(g), keptB.get(), keptA.get(), turned(kept.get()), p))));
    }
    return y;
  }

  private static Tensor turned(Tensor x) {
    return x.transpose(-2, -1);
  }

  /** {@code |a - b|^2 = |a|^2 - 2 a b + |b|^2}, one product of longer rows. */
  private static Tensor byProduct(Tensor a, Tensor b) {
    Tensor squaresA = a.square().sum(Keep.KEEPDIM, -1);
    Tensor squaresB = b.square().sum(Keep.KEEPDIM, -1);
    Tensor left = Tensor.cat(List.of(a.mul(-2), squaresA, squaresA.onesLike()), -1);
    Tensor right = Tensor.cat(List.of(b, squaresB.onesLike(), squaresB), -1);
    return left.matmul(turned(right)).clampMin_(0).sqrt_();
  }

  private static Tensor byDifferences(Tensor a, Tensor b, double p) {
    return inChunks(
        a,
        b,
        part -> {
          Tensor apart = part.a().unsqueeze(-2).sub(b.unsqueeze(-3));
          return apart.size(-1) == 0
              ? apart.sum(-1)
              : NormOps.norm("cdist", apart, p, new int[] {-1}, Keep.DROPDIM);
        });
  }

  /**
   * The gradient of the first rows, of g and the distances (…, m, n): each difference relative to
   * its distance, to the power of p - 1, with its sign; 0 for rows that are equal.
   */
  private static Tensor slope(Tensor g, Tensor a, Tensor b, Tensor distance, double p) {
    if (p == 0 || a.size(-1) == 0) {
      return a.zerosLike();
    }
    if (p == 2) {
      Tensor weight = NormOps.over(g, distance);
      return inChunks(
          a,
          b,
          part ->
              part.a()
                  .unsqueeze(-2)
                  .sub(b.unsqueeze(-3))
                  .mul(part.of(weight).unsqueeze(-1))
                  .sum(-2));
    }
    return inChunks(
        a,
        b,
        part -> {
          Tensor apart = part.a().unsqueeze(-2).sub(b.unsqueeze(-3));
          Tensor each = part.of(g).unsqueeze(-1);
          Tensor length = part.of(distance).unsqueeze(-1);
          if (Double.isInfinite(p)) {
            // As in PyTorch, here each of equal differences has the whole gradient.
            Tensor farthest = apart.detach().abs().eq(length.detach());
            return apart.sign().mul(Tensor.where(farthest, each, each.newZeros())).sum(-2);
          }
          return NormOps.slope(each, apart, length, p, length.shape()).sum(-2);
        });
  }

  /** Some of the first rows, and what belongs to them. */
  private record Part(Tensor a, long start) {
    Tensor of(Tensor whole) {
      return whole.narrow(-2, start, a.size(-2));
    }
  }

  /** Joins what a function makes of some rows at a time. */
  private static Tensor inChunks(Tensor a, Tensor b, Function<Part, Tensor> function) {
    long rows = a.size(-2);
    double each = (double) a.numel() / Math.max(1, rows) * b.size(-2);
    long count = Math.max(1, (long) (CHUNK / Math.max(1, each)));
    if (count >= rows) {
      return function.apply(new Part(a, 0));
    }
    List<Tensor> parts = new ArrayList<>();
    for (long start = 0; start < rows; start += count) {
      long length = Math.min(count, rows - start);
      parts.add(function.apply(new Part(a.narrow(-2, start, length), start)));
    }
    return Tensor.cat(parts, -2);
  }

  /** The distances above the diagonal of those of all rows from all. */
  static Tensor pdist(Tensor x, double p) {
    if (x.dim() != 2 || !x.dtype().isFloating()) {
      throw new IllegalArgumentException(
          "pdist: needs a matrix of a floating dtype, not " + Tensor.describe(x));
    }
    checkOrder("pdist", p);
    long n = x.size(0);
    if (n < 2) {
      return Gradients.named("PdistBackward", x.flatten().narrow(0, 0, 0), x);
    }
    Tensor all = cdist(x, x, p, DistanceMode.DONOT_USE_MM_FOR_EUCLID_DIST);
    Tensor at = Creation.positions(x.device(), Shape.of(n));
    Tensor above = at.unsqueeze(1).lt(at.unsqueeze(0));
    return Gradients.named("PdistBackward", all.maskedSelect(above), x);
  }
}
