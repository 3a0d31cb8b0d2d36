package dev.chagres.nn;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.primitive.BatchNormForm;
import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What normalizes, composed but for batches; inputs of 16 bits are normalized in float32 and
 * rounded once.
 */
final class Norms {
  private Norms() {}

  // ---- batches

  static Tensor batch(
      Tensor x,
      BatchStatistics statistics,
      @Nullable Tensor weight,
      @Nullable Tensor bias,
      double eps) {
    String name = "batchNorm";
    Checks.floating(name, x);
    if (x.dim() < 2) {
      if (x.numel() == 0) {
        return x.clone(); // as in PyTorch
      }
      throw new IllegalArgumentException(name + ": needs an input (n, c, …), not " + x.shape());
    }
    checkChannels(name, "weight", weight, x);
    checkChannels(name, "bias", bias, x);
    Tensor mean = statistics.mean();
    Tensor variance = statistics.variance();
    checkChannels(name, statistics.training() ? "running mean" : "mean", mean, x);
    checkChannels(name, statistics.training() ? "running variance" : "variance", variance, x);
    if (statistics.training() && x.size(1) > 0 && x.numel() == x.size(1)) {
      throw new IllegalArgumentException(
          name
              + ": expected more than 1 value per channel when training, not an input "
              + x.shape());
    }
    if (x.numel() == 0) {
      return affine(Checks.widened(x), weight, bias).to(x.dtype());
    }
    return Primitives.of(x)
        .batchNorm(
            x,
            new Primitives.ByChannel<>(weight, bias, mean, variance),
            new BatchNormForm(statistics.training(), statistics.momentum(), eps));
  }

  // ---- groups of channels

  static Tensor group(
      Tensor given, long groups, @Nullable Tensor scale, @Nullable Tensor shift, double eps) {
    String name = "groupNorm";
    Tensor x = autocast(AutocastFunction.GROUP_NORM, given);
    Tensor weight = scale == null ? null : autocast(AutocastFunction.GROUP_NORM, scale);
    Tensor bias = shift == null ? null : autocast(AutocastFunction.GROUP_NORM, shift);
    Checks.floating(name, x);
    if (x.dim() < 2) {
      throw new IllegalArgumentException(name + ": needs an input (n, c, …), not " + x.shape());
    }
    if (groups < 1 || x.size(1) % groups != 0) {
      throw new IllegalArgumentException(
          name + ": " + x.size(1) + " channels do not make " + groups + " groups");
    }
    checkChannels(name, "weight", weight, x);
    checkChannels(name, "bias", bias, x);
    if (x.numel() > 0 && x.numel() == x.size(0) * groups && x.size(0) == 1) {
      throw new IllegalArgumentException(
          name
              + ": expected more than 1 value per channel when training, not an input "
              + x.shape());
    }
    Tensor wide = Checks.widened(x);
    if (x.numel() == 0) {
      return affine(wide, weight, bias).to(x.dtype());
    }
    Tensor rows = wide.reshape(x.size(0) * groups, -1);
    Tensor normalized = Primitives.of(rows).layerNorm(rows, 1, null, null, eps);
    return affine(normalized.reshape(x.shape().toArray()), weight, bias).to(x.dtype());
  }

  // ---- the root of the mean square

  /** Divides the last dimensions by the root of their mean square. */
  static Tensor rms(Tensor given, Shape normalized, @Nullable Tensor scale, @Nullable Double eps) {
    String name = "rmsNorm";
    Tensor x = autocast(AutocastFunction.RMS_NORM, given);
    Tensor weight = scale == null ? null : autocast(AutocastFunction.RMS_NORM, scale);
    Checks.floating(name, x);
    int count = normalized.dim();
    if (count == 0
        || count > x.dim()
        || !x.shape().slice(x.dim() - count, x.dim()).equals(normalized)) {
      throw new IllegalArgumentException(
          name + ": an input " + x.shape() + " to normalize over " + normalized);
    }
    if (weight != null && !weight.shape().equals(normalized)) {
      throw new IllegalArgumentException(
          name + ": a weight " + weight.shape() + " for dimensions " + normalized);
    }
    int[] dims = new int[count];
    for (int i = 0; i < count; i++) {
      dims[i] = i - count;
    }
    Tensor wide = Checks.widened(x);
    double added =
        eps != null ? eps : wide.dtype() == DType.FLOAT64 ? Math.ulp(1.0) : Math.ulp(1.0f);
    Tensor y = wide.mul(wide.square().mean(Keep.KEEPDIM, dims).add(added).rsqrt());
    return (weight == null ? y : y.mul(Checks.widened(weight))).to(x.dtype()).contiguous();
  }

  // ---- what they share

  /** An operand as autocast, if there is any, has a function compute with it. */
  private static Tensor autocast(AutocastFunction function, Tensor x) {
    return Primitives.of(x).autocast(function, x);
  }

  /** Multiplies each channel by its weight and adds its bias. */
  private static Tensor affine(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias) {
    if (weight == null) {
      return bias == null ? x : x.add(alongChannels(bias, x));
    }
    Tensor factor = alongChannels(weight, x);
    return bias == null ? x.mul(factor) : alongChannels(bias, x).addcmul(x, factor);
  }

  /** Returns a number for each channel in a shape that broadcasts to (n, c, …), in x's dtype. */
  private static Tensor alongChannels(Tensor channels, Tensor x) {
    long[] sizes = new long[x.dim()];
    Arrays.fill(sizes, 1);
    sizes[1] = channels.size(0);
    return channels.to(x.dtype()).view(sizes);
  }

  private static void checkChannels(String name, String what, @Nullable Tensor part, Tensor x) {
    if (part != null && (part.dim() != 1 || part.size(0) != x.size(1))) {
      throw new IllegalArgumentException(
          name + ": a " + what + " " + part.shape() + " for " + x.size(1) + " channels");
    }
    if (part != null) {
      Checks.computable(name, what, part, x);
    }
  }
}
