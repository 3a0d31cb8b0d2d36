package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalization (Ioffe and Szegedy, 2015) of inputs (n, c, …): each of the c channels is
 * brought to mean 0 and variance 1 over all the rest, then multiplied by a weight, at first 1, and
 * added to a bias, at first 0. In training the mean and the variance are the batch's, and the
 * running ones move towards them; in evaluation they are the running ones.
 */
public abstract sealed class BatchNorm extends ChannelNorm
    permits BatchNorm1d, BatchNorm2d, BatchNorm3d {
  private boolean means;

  /** Whether a layer keeps running statistics. */
  public enum RunningStats {
    /** It does. */
    TRACKED,
    /** It takes those of the batch in evaluation too. */
    NONE
  }

  /**
   * What may differ from PyTorch's defaults.
   *
   * @param eps what is added to the variance, 1e-5
   * @param momentum how far running statistics move towards the batch's, 0.1; null for as far as
   *     makes them the mean over all batches
   * @param affine what is learned
   * @param runningStats whether there are running statistics
   */
  public record Options(
      double eps, @Nullable Double momentum, LayerNorm.Affine affine, RunningStats runningStats) {
    /** Checks them. */
    public Options {
      given("BatchNorm", "affine", affine);
      given("BatchNorm", "runningStats", runningStats);
    }

    /** Returns these options with another number to add to the variance. */
    public Options eps(double eps) {
      return new Options(eps, momentum, affine, runningStats);
    }

    /** Returns these options with another momentum; null for the mean over all batches. */
    public Options momentum(@Nullable Double momentum) {
      return new Options(eps, momentum, affine, runningStats);
    }

    /** Returns these options with other things learned. */
    public Options affine(LayerNorm.Affine affine) {
      return new Options(eps, momentum, affine, runningStats);
    }

    /** Returns these options with or without running statistics. */
    public Options runningStats(RunningStats runningStats) {
      return new Options(eps, momentum, affine, runningStats);
    }
  }

  /** Returns PyTorch's defaults. */
  public static Options options() {
    return new Options(1e-5, 0.1, LayerNorm.Affine.LEARNED, RunningStats.TRACKED);
  }

  BatchNorm(long features, Options options) {
    super(features, options);
  }

  /** Lets running statistics be means over all batches, or what the options say. */
  final void setMeans(boolean wanted) {
    means = wanted;
  }

  @Override
  final Tensor normalized(Tensor x, Parts parts) {
    checkChannels(x);
    Tensor y =
        Functional.batchNorm(
            x, statistics(parts), parts.weight(), parts.bias(), parts.options().eps());
    Running running = parts.running();
    if (running != null && isTraining()) {
      try (var _ = Autograd.noGrad()) {
        running.batches().add_(1);
      }
    }
    return y;
  }

  private BatchStatistics statistics(Parts parts) {
    Running running = parts.running();
    if (running == null) {
      return BatchStatistics.ofBatch();
    }
    if (!isTraining()) {
      return BatchStatistics.of(running.mean(), running.variance());
    }
    Double momentum = means ? null : parts.options().momentum();
    return BatchStatistics.ofBatch(
        running.mean(),
        running.variance(),
        momentum != null ? momentum : 1 / (running.batches().item() + 1));
  }
}
