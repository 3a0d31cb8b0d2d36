package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * In training, sets elements to 0 at random and divides the others so that the mean stays; in
 * evaluation, does nothing.
 */
public final class Dropout extends DropoutLayer {
  /** Makes a layer that drops half of the elements. */
  public Dropout() {
    this(0.5);
  }

  /**
   * Makes a layer that drops an element with a probability.
   *
   * @throws IllegalArgumentException if it is not in [0, 1]
   */
  public Dropout(double p) {
    super("dropout", p);
  }

  @Override
  Tensor dropped(Tensor x, double p) {
    return Functional.dropout(x, p);
  }
}
