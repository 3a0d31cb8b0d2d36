package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * Instance normalization (Ulyanov et al., 2016) of inputs (n, c, …) or (c, …): each channel of each
 * sample is brought to mean 0 and variance 1; with {@link LayerNorm.Affine#LEARNED} it is then
 * multiplied by a weight, at first 1, and added to a bias, at first 0. With running statistics,
 * which are the means of those of samples, evaluation takes them.
 */
public abstract sealed class InstanceNorm extends ChannelNorm
    permits InstanceNorm1d, InstanceNorm2d, InstanceNorm3d {
  private final int dims;

  /** Returns PyTorch's defaults: nothing is learned, and nothing kept. */
  public static BatchNorm.Options options() {
    return BatchNorm.options()
        .affine(LayerNorm.Affine.NONE)
        .runningStats(BatchNorm.RunningStats.NONE);
  }

  InstanceNorm(long features, BatchNorm.Options options, int dims) {
    super(features, options);
    this.dims = dims;
  }

  @Override
  final boolean takes(int count) {
    return count == dims + 1 || count == dims + 2;
  }

  @Override
  final Tensor normalized(Tensor x, Parts parts) {
    if (x.dim() == dims + 1) {
      return normalized(x.unsqueeze(0), parts).squeeze(0);
    }
    checkChannels(x);
    return Functional.instanceNorm(
        x, statistics(parts), parts.weight(), parts.bias(), parts.options().eps());
  }

  private BatchStatistics statistics(Parts parts) {
    Running running = parts.running();
    if (running == null) {
      return BatchStatistics.ofBatch();
    }
    if (!isTraining()) {
      return BatchStatistics.of(running.mean(), running.variance());
    }
    Double momentum = parts.options().momentum();
    return BatchStatistics.ofBatch(
        running.mean(), running.variance(), momentum == null ? 0 : momentum);
  }
}
