package dev.chagres.nn;

import dev.chagres.core.DType;
import dev.chagres.primitive.Factorizations;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Tensor;

/** Initialisations that draw again, or work on what they drew, with PyTorch's order of draws. */
final class Sampling {
  /** The part of a normal distribution from which on it is drawn from, and not from the range. */
  private static final double LARGE_PART = 0.3;

  private Sampling() {}

  // ---- a normal distribution between two limits

  /** The part of a normal distribution, and the part of its range that is kept. */
  record Truncated(double mean, double std, double low, double high) {
    Truncated {
      if (!(std > 0)) {
        throw new IllegalArgumentException(
            "truncNormal_: the standard deviation " + std + " is not greater than 0");
      }
      if (!(low <= high) || Double.isNaN(mean)) {
        throw new IllegalArgumentException(
            "truncNormal_: mean " + mean + " and limits " + low + " and " + high);
      }
    }

    Tensor fill(Tensor tensor, Generator generator) {
      boolean large = below(high) - below(low) > LARGE_PART;
      return large ? normally(tensor, generator) : uniformly(tensor, generator);
    }

    /** The part of the whole distribution that is below a limit. */
    private double below(double limit) {
      return Tensor.scalar((limit - mean) / std / Math.sqrt(2), DType.FLOAT64).erf().add(1).item()
          / 2;
    }

    /** Draws until all is between the limits. */
    private Tensor normally(Tensor tensor, Generator generator) {
      Number least = Tensor.scalar(low, DType.FLOAT64).to(tensor.dtype()).item();
      Number most = Tensor.scalar(high, DType.FLOAT64).to(tensor.dtype()).item();
      Tensor result = generator.normal_(tensor, mean, std);
      Tensor outside = result.lt(least).logicalOr(result.gt(most));
      while (outside.any().isTrue()) {
        Tensor drawn = generator.normal_(result.emptyLike(), mean, std);
        result = Tensor.where(outside, drawn, result);
        outside = result.lt(least).logicalOr(result.gt(most));
      }
      return tensor.copy_(result);
    }

    /** Draws from the range, and again what is less likely than a second number says. */
    private Tensor uniformly(Tensor tensor, Generator generator) {
      double peak = Math.max(low, Math.min(mean, high));
      double greatest = -0.5 * ((peak - mean) / std) * ((peak - mean) / std);
      Tensor result = generator.uniform_(tensor, low, high);
      Tensor pending = isRefused(result, greatest, generator);
      while (pending.any().isTrue()) {
        Tensor drawn = generator.uniform_(result.emptyLike(), low, high);
        result = Tensor.where(pending, drawn, result);
        pending = pending.logicalAnd(isRefused(drawn, greatest, generator));
      }
      return tensor.copy_(result);
    }

    private Tensor isRefused(Tensor drawn, double greatest, Generator generator) {
      Tensor likelihood = drawn.sub(mean).div(std).square().mul(-0.5).sub(greatest);
      return generator.uniform_(drawn.emptyLike(), 0, 1).log().gt(likelihood);
    }
  }

  // ---- rows or columns that are orthogonal to each other

  static Tensor orthogonal(Tensor tensor, double gain, Generator generator) {
    if (tensor.dim() < 2) {
      throw new IllegalArgumentException(
          "orthogonal_: needs at least two dimensions, not shape " + tensor.shape());
    }
    if (tensor.dtype() != DType.FLOAT32 && tensor.dtype() != DType.FLOAT64) {
      throw new IllegalArgumentException(
          "orthogonal_: needs float32 or float64, not " + tensor.dtype());
    }
    if (tensor.numel() == 0) {
      return tensor;
    }
    long rows = tensor.size(0);
    long columns = tensor.numel() / rows;
    Tensor drawn = generator.normal_(tensor.newEmpty(rows, columns), 0, 1);
    boolean wide = rows < columns;
    var factors = Factorizations.of(drawn).qr(wide ? drawn.t() : drawn);
    Tensor q = Factorizations.of(drawn).orthogonal(factors.packed(), factors.tau());
    Tensor signs = factors.packed().diagonal(0).sign();
    Tensor even = q.mul(signs); // so that no direction is likelier than others (Mezzadri, 2007)
    return tensor.copy_((wide ? even.t() : even).mul(gain).reshape(tensor.shape().toArray()));
  }
}
