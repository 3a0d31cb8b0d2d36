package dev.chagres.nn;

/**
 * {@linkplain InstanceNorm Instance normalization} of volumes (n, c, depth, h, w) or (c, depth, h,
 * w).
 */
public final class InstanceNorm3d extends InstanceNorm {
  /** Makes a layer for so many channels. */
  public InstanceNorm3d(long numFeatures) {
    this(numFeatures, options());
  }

  /**
   * Makes a layer with other options.
   *
   * @throws IllegalArgumentException if the number of channels is negative
   */
  public InstanceNorm3d(long numFeatures, BatchNorm.Options options) {
    super(numFeatures, options, 3);
  }

  @Override
  String taken() {
    return "volumes (n, c, depth, h, w) or (c, depth, h, w)";
  }
}
