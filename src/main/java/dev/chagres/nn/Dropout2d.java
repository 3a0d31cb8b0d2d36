package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * In training, sets whole channels of images (n, c, h, w) to 0 at random and divides the others so
 * that the mean stays; in evaluation, does nothing.
 */
public final class Dropout2d extends DropoutLayer {
  /** Makes a layer that drops half of the channels. */
  public Dropout2d() {
    this(0.5);
  }

  /**
   * Makes a layer that drops a channel with a probability.
   *
   * @throws IllegalArgumentException if it is not in [0, 1]
   */
  public Dropout2d(double p) {
    super("dropout2d", p);
  }

  @Override
  Tensor dropped(Tensor x, double p) {
    return Functional.dropout2d(x, p);
  }
}
