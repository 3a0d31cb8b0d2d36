package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * In training, sets whole channels of sequences (n, c, length) or (c, length) to 0 at random and
 * divides the others so that the mean stays; in evaluation, does nothing.
 */
public final class Dropout1d extends DropoutLayer {
  /** Makes a layer that drops half of the channels. */
  public Dropout1d() {
    this(0.5);
  }

  /**
   * Makes a layer that drops a channel with a probability.
   *
   * @throws IllegalArgumentException if it is not in [0, 1]
   */
  public Dropout1d(double p) {
    super("dropout1d", p);
  }

  @Override
  Tensor dropped(Tensor x, double p) {
    return Functional.dropout1d(x, p);
  }
}
