package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.check.PythonNumber;
import dev.chagres.core.DType;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Batch normalization (Ioffe and Szegedy, 2015) of inputs (n, c, …): each of the c channels is
 * brought to mean 0 and variance 1 over all the rest, then multiplied by a weight, at first 1, and
 * added to a bias, at first 0. In training the mean and the variance are the batch's, and the
 * running ones move towards them; in evaluation they are the running ones.
 */
public abstract sealed class BatchNorm extends Module
    permits BatchNorm1d, BatchNorm2d, BatchNorm3d {
  private final long features;
  private final Options options;
  private final @Nullable Parameter weight;
  private final @Nullable Parameter bias;
  private final @Nullable Running running;
  private boolean means;

  /** Whether a layer keeps running statistics. */
  public enum RunningStats {
    /** It does. */
    TRACKED,
    /** It takes those of the batch in evaluation too. */
    NONE
  }

  /** The buffers of a layer. */
  private record Running(Tensor mean, Tensor variance, Tensor batches) {}

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
    this.features = features;
    this.options = given(name(), "options", options);
    if (features < 0) {
      throw new IllegalArgumentException(name() + ": " + features + " channels");
    }
    LayerNorm.Affine affine = options.affine();
    weight =
        affine == LayerNorm.Affine.NONE ? null : registerParameter("weight", Tensor.ones(features));
    bias =
        affine == LayerNorm.Affine.LEARNED
            ? registerParameter("bias", Tensor.zeros(features))
            : null;
    running = options.runningStats() == RunningStats.TRACKED ? running() : null;
  }

  private Running running() {
    return new Running(
        registerBuffer("running_mean", Tensor.zeros(features)),
        registerBuffer("running_var", Tensor.ones(features)),
        registerBuffer("num_batches_tracked", Tensor.zeros(DType.INT64)));
  }

  /** Returns the weight, if there is one. */
  public final Optional<Parameter> weight() {
    return Optional.ofNullable(weight);
  }

  /** Returns the bias, if there is one. */
  public final Optional<Parameter> bias() {
    return Optional.ofNullable(bias);
  }

  /** Returns the running mean, if there is one. */
  public final Optional<Tensor> runningMean() {
    return running == null ? Optional.empty() : Optional.of(running.mean());
  }

  /** Returns the running variance, if there is one. */
  public final Optional<Tensor> runningVar() {
    return running == null ? Optional.empty() : Optional.of(running.variance());
  }

  /** Forgets the running statistics: mean 0 and variance 1, if there are any. */
  public final void resetRunningStats() {
    Running present = running;
    if (present != null) {
      Autograd.noGrad(
          () -> {
            present.mean().zero_();
            present.variance().fill_(1);
            present.batches().zero_();
          });
    }
  }

  /** Lets running statistics be means over all batches, or what the options say. */
  final void setMeans(boolean wanted) {
    means = wanted;
  }

  /** Tells whether a layer takes inputs of so many dimensions. */
  abstract boolean takes(int dims);

  /** Says what inputs it takes. */
  abstract String taken();

  @Override
  public final Tensor forward(Tensor x) {
    if (!takes(x.dim())) {
      throw new IllegalArgumentException(name() + ": needs " + taken() + ", not " + x.shape());
    }
    Tensor y = Functional.batchNorm(x, statistics(), weight, bias, options.eps());
    if (running != null && isTraining()) {
      Autograd.noGrad(() -> running.batches().add_(1));
    }
    return y;
  }

  private BatchStatistics statistics() {
    if (running == null) {
      return BatchStatistics.ofBatch();
    }
    if (!isTraining()) {
      return BatchStatistics.of(running.mean(), running.variance());
    }
    Double momentum = means ? null : options.momentum();
    return BatchStatistics.ofBatch(
        running.mean(),
        running.variance(),
        momentum != null ? momentum : 1 / (running.batches().item() + 1));
  }

  @Override
  protected final String extraRepr() {
    Double momentum = options.momentum();
    return features
        + ", eps="
        + PythonNumber.text(options.eps())
        + ", momentum="
        + (momentum == null ? "None" : PythonNumber.text(momentum))
        + ", affine="
        + (weight == null ? "False" : "True")
        + ", bias="
        + (bias == null ? "False" : "True")
        + ", track_running_stats="
        + (running == null ? "False" : "True");
  }
}
