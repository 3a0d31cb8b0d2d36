package dev.chagres.nn;

/** {@linkplain BatchNorm Batch normalization} of inputs (n, c) or (n, c, length). */
public final class BatchNorm1d extends BatchNorm {
  /** Makes a layer for so many channels. */
  public BatchNorm1d(long numFeatures) {
    this(numFeatures, options());
  }

  /**
   * Makes a layer with other options.
   *
   * @throws IllegalArgumentException if the number of channels is negative
   */
  public BatchNorm1d(long numFeatures, Options options) {
    super(numFeatures, options);
  }

  @Override
  boolean takes(int dims) {
    return dims == 2 || dims == 3;
  }

  @Override
  String taken() {
    return "an input (n, c) or (n, c, length)";
  }
}
