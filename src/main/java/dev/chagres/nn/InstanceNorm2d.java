package dev.chagres.nn;

/** {@linkplain InstanceNorm Instance normalization} of images (n, c, h, w) or (c, h, w). */
public final class InstanceNorm2d extends InstanceNorm {
  /** Makes a layer for so many channels. */
  public InstanceNorm2d(long numFeatures) {
    this(numFeatures, options());
  }

  /**
   * Makes a layer with other options.
   *
   * @throws IllegalArgumentException if the number of channels is negative
   */
  public InstanceNorm2d(long numFeatures, BatchNorm.Options options) {
    super(numFeatures, options, 2);
  }

  @Override
  String taken() {
    return "images (n, c, h, w) or (c, h, w)";
  }
}
