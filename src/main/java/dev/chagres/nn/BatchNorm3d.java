package dev.chagres.nn;

/** {@linkplain BatchNorm Batch normalization} of volumes (n, c, depth, h, w). */
public final class BatchNorm3d extends BatchNorm {
  /** Makes a layer for so many channels. */
  public BatchNorm3d(long numFeatures) {
    this(numFeatures, options());
  }

  /**
   * Makes a layer with other options.
   *
   * @throws IllegalArgumentException if the number of channels is negative
   */
  public BatchNorm3d(long numFeatures, Options options) {
    super(numFeatures, options);
  }

  @Override
  boolean takes(int dims) {
    return dims == 5;
  }

  @Override
  String taken() {
    return "volumes (n, c, depth, h, w)";
  }
}
