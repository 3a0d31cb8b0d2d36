package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.check.PythonNumber;
import dev.chagres.core.DType;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What normalizes each channel: a weight and a bias, running statistics, and what it prints as. */
abstract sealed class ChannelNorm extends Module permits BatchNorm, InstanceNorm {
  private final long features;
  private final Parts own;

  /** The buffers of a layer. */
  record Running(Tensor mean, Tensor variance, Tensor batches) {}

  /** What a layer was made with, and what it learns and keeps. */
  record Parts(
      BatchNorm.Options options,
      @Nullable Parameter weight,
      @Nullable Parameter bias,
      @Nullable Running running) {}

  ChannelNorm(long features, BatchNorm.Options options) {
    this.features = features;
    given(name(), "options", options);
    if (features < 0) {
      throw new IllegalArgumentException(name() + ": " + features + " channels");
    }
    LayerNorm.Affine affine = options.affine();
    Parameter weight =
        affine == LayerNorm.Affine.NONE ? null : registerParameter("weight", Tensor.ones(features));
    Parameter bias =
        affine == LayerNorm.Affine.LEARNED
            ? registerParameter("bias", Tensor.zeros(features))
            : null;
    Running running = options.runningStats() == BatchNorm.RunningStats.TRACKED ? running() : null;
    own = new Parts(options, weight, bias, running);
  }

  /** Checks that an input (n, c, …) has the channels of what the layer learns or keeps. */
  final void checkChannels(Tensor x) {
    if (x.size(1) != features && (own.weight != null || own.running != null)) {
      throw new IllegalArgumentException(
          name() + ": needs " + features + " channels, not an input " + x.shape());
    }
  }

  private Running running() {
    return new Running(
        registerBuffer("running_mean", Tensor.zeros(features)),
        registerBuffer("running_var", Tensor.ones(features)),
        registerBuffer("num_batches_tracked", Tensor.zeros(DType.INT64)));
  }

  /** Returns the weight, if there is one. */
  public final Optional<Parameter> weight() {
    return Optional.ofNullable(own.weight);
  }

  /** Returns the bias, if there is one. */
  public final Optional<Parameter> bias() {
    return Optional.ofNullable(own.bias);
  }

  /** Returns the running mean, if there is one. */
  public final Optional<Tensor> runningMean() {
    return Optional.ofNullable(own.running).map(Running::mean);
  }

  /** Returns the running variance, if there is one. */
  public final Optional<Tensor> runningVar() {
    return Optional.ofNullable(own.running).map(Running::variance);
  }

  /** Forgets the running statistics: mean 0 and variance 1, if there are any. */
  public final void resetRunningStats() {
    Running running = own.running;
    if (running != null) {
      Autograd.noGrad(
          () -> {
            running.mean.zero_();
            running.variance.fill_(1);
            running.batches.zero_();
          });
    }
  }

  /** Tells whether a layer takes inputs of so many dimensions. */
  abstract boolean takes(int dims);

  /** Says what inputs it takes. */
  abstract String taken();

  /** Normalizes what it takes. */
  abstract Tensor normalized(Tensor x, Parts parts);

  @Override
  public final Tensor forward(Tensor x) {
    if (!takes(x.dim())) {
      throw new IllegalArgumentException(name() + ": needs " + taken() + ", not " + x.shape());
    }
    return normalized(x, own);
  }

  @Override
  protected final String extraRepr() {
    Double momentum = own.options.momentum();
    return features
        + ", eps="
        + PythonNumber.text(own.options.eps())
        + ", momentum="
        + (momentum == null ? "None" : PythonNumber.text(momentum))
        + ", affine="
        + (own.weight == null ? "False" : "True")
        + ", bias="
        + (own.bias == null ? "False" : "True")
        + ", track_running_stats="
        + (own.running == null ? "False" : "True");
  }
}
