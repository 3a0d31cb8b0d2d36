package dev.chagres.nn;

/** {@linkplain BatchNorm Batch normalization} of images (n, c, h, w). */
public final class BatchNorm2d extends BatchNorm {
  /** Makes a layer for so many channels. */
  public BatchNorm2d(long numFeatures) {
    this(numFeatures, options());
  }

  /**
   * Makes a layer with other options.
   *
   * @throws IllegalArgumentException if the number of channels is negative
   */
  public BatchNorm2d(long numFeatures, Options options) {
    super(numFeatures, options);
  }

  @Override
  boolean takes(int dims) {
    return dims == 4;
  }

  @Override
  String taken() {
    return "images (n, c, h, w)";
  }
}
