package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** By which means and variances {@link Functional#batchNorm} normalizes. */
public final class BatchStatistics {
  private static final BatchStatistics OF_BATCH = new BatchStatistics(true, null, null, 0);

  private final boolean training;
  private final @Nullable Tensor mean;
  private final @Nullable Tensor variance;
  private final double momentum;

  private BatchStatistics(
      boolean training, @Nullable Tensor mean, @Nullable Tensor variance, double momentum) {
    this.training = training;
    this.mean = mean;
    this.variance = variance;
    this.momentum = momentum;
  }

  /** Returns those of the batch, as in training without running statistics. */
  public static BatchStatistics ofBatch() {
    return OF_BATCH;
  }

  /**
   * Returns those of the batch, as in training: the running mean and variance become {@code 1 -
   * momentum} of what they are plus {@code momentum} of the batch's, of its estimate with n - 1 for
   * the variance.
   */
  public static BatchStatistics ofBatch(Tensor runningMean, Tensor runningVar, double momentum) {
    return new BatchStatistics(
        true,
        given("batchNorm", "runningMean", runningMean),
        given("batchNorm", "runningVar", runningVar),
        momentum);
  }

  /** Returns these means and variances, one for each channel, as in evaluation. */
  public static BatchStatistics of(Tensor mean, Tensor variance) {
    return new BatchStatistics(
        false, given("batchNorm", "mean", mean), given("batchNorm", "variance", variance), 0);
  }

  boolean training() {
    return training;
  }

  @Nullable Tensor mean() {
    return mean;
  }

  @Nullable Tensor variance() {
    return variance;
  }

  double momentum() {
    return momentum;
  }
}
