package dev.chagres.nn;

import dev.chagres.check.PythonNumber;
import dev.chagres.tensor.Tensor;

/** What all dropout has in common: a probability, and to do nothing in evaluation. */
abstract sealed class DropoutLayer extends Module
    permits Dropout, Dropout1d, Dropout2d, Dropout3d, AlphaDropout, FeatureAlphaDropout {
  private final double p;

  DropoutLayer(String function, double p) {
    Dropouts.checkProbability(function, p);
    this.p = p;
  }

  /** Drops with a probability. */
  abstract Tensor dropped(Tensor x, double p);

  @Override
  public final Tensor forward(Tensor x) {
    return isTraining() ? dropped(x, p) : x;
  }

  @Override
  protected final String extraRepr() {
    return "p=" + PythonNumber.text(p) + ", inplace=False";
  }
}
