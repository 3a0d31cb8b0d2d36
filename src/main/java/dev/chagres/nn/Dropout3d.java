package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * In training, sets whole channels of volumes (n, c, d, h, w) or (c, d, h, w) to 0 at random and
 * divides the others so that the mean stays; in evaluation, does nothing.
 */
public final class Dropout3d extends DropoutLayer {
  /** Makes a layer that drops half of the channels. */
  public Dropout3d() {
    this(0.5);
  }

  /**
   * Makes a layer that drops a channel with a probability.
   *
   * @throws IllegalArgumentException if it is not in [0, 1]
   */
  public Dropout3d(double p) {
    super("dropout3d", p);
  }

  @Override
  Tensor dropped(Tensor x, double p) {
    return Functional.dropout3d(x, p);
  }
}
