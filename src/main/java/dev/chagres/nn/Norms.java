package dev.chagres.nn;

import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.core.Shape;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.primitive.BatchNormForm;
import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.Objects;
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
    if (statistics.training() && !(eps > 0)) {
      throw new IllegalArgumentException(
          name + ": eps " + eps + " is not greater than 0, which training needs");
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

  // ---- samples

  /** Each channel of each sample is a channel of one batch. */
  static Tensor instance(
      Tensor x,
      BatchStatistics statistics,
      @Nullable Tensor weight,
      @Nullable Tensor bias,
      double eps) {
    String name = "instanceNorm";
    Checks.floating(name, x);
    if (x.dim() < 3) {
      throw new IllegalArgumentException(
          name + ": needs an input (n, c, …) with more dimensions, not " + x.shape());
    }
    Tensor mean = statistics.mean();
    Tensor variance = statistics.variance();
    checkChannels(name, "weight", weight, x);
    checkChannels(name, "bias", bias, x);
    checkChannels(name, "running mean", mean, x);
    checkChannels(name, "running variance", variance, x);
    long samples = x.size(0);
    long channels = x.size(1);
    if (statistics.training() && x.numel() == samples * channels && x.numel() > 0) {
      throw new IllegalArgumentException(
          name + ": expected more than 1 value per channel, not an input " + x.shape());
    }
    if (x.numel() == 0) {
      return x.clone();
    }
    Tensor means = repeated(mean, samples);
    Tensor variances = repeated(variance, samples);
    BatchStatistics each = statistics;
    if (means != null && variances != null) {
      each =
          statistics.training()
              ? BatchStatistics.ofBatch(means, variances, statistics.momentum())
              : BatchStatistics.of(means, variances);
    }
    Tensor flat = x.contiguous().flatten(0, 1).unsqueeze(0);
    Tensor y = batch(flat, each, repeated(weight, samples), repeated(bias, samples), eps);
    if (statistics.training() && mean != null && variance != null) {
      Tensor ofMeans = Objects.requireNonNull(means);
      Tensor ofVariances = Objects.requireNonNull(variances);
      Autograd.noGrad(
          () -> {
            mean.copy_(ofMeans.view(samples, channels).mean(0));
            return variance.copy_(ofVariances.view(samples, channels).mean(0));
          });
    }
    return y.reshape(x.shape().toArray());
  }

  private static @Nullable Tensor repeated(@Nullable Tensor channels, long samples) {
    return channels == null ? null : channels.repeat(samples);
  }

  /** Divides by a power of the mean square of so many neighbouring channels. */
  static Tensor local(Tensor x, long size, double alpha, double beta, double k) {
    String name = "localResponseNorm";
    Lines.atLeast(name, "the size", 1, size);
    if (x.dim() < 3) {
      throw new IllegalArgumentException(
          name + ": needs an input (n, c, …) with more dimensions, not " + x.shape());
    }
    if (x.numel() == 0) {
      return x;
    }
    Tensor squares = x.square().flatten(2).unsqueeze(1);
    Tensor framed = Padding.constant(squares, new long[] {0, 0, size / 2, (size - 1) / 2}, 0);
    Pair window = new Pair(size, 1);
    Tensor means = Images.avgPool2d(framed, window, AvgPool2d.options(window).stride(1));
    return x.div(means.reshape(x.shape().toArray()).mul(alpha).add(k).pow(beta));
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
