package dev.chagres.nn;

/** {@linkplain InstanceNorm Instance normalization} of sequences (n, c, length) or (c, length). */
public final class InstanceNorm1d extends InstanceNorm {
  /** Makes a layer for so many channels. */
  public InstanceNorm1d(long numFeatures) {
    this(numFeatures, options());
  }

  /**
   * Makes a layer with other options.
   *
   * @throws IllegalArgumentException if the number of channels is negative
   */
  public InstanceNorm1d(long numFeatures, BatchNorm.Options options) {
    super(numFeatures, options, 1);
  }

  @Override
  String taken() {
    return "sequences (n, c, length) or (c, length)";
  }
}
