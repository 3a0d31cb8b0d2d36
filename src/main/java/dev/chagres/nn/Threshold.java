package dev.chagres.nn;

import dev.chagres.check.PythonNumber;
import dev.chagres.tensor.Tensor;

/** x where it is above a threshold, and a value elsewhere. */
public final class Threshold extends Module {
  private final double threshold;
  private final double value;

  /** Makes the activation. */
  public Threshold(double threshold, double value) {
    this.threshold = threshold;
    this.value = value;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.threshold(x, threshold, value);
  }

  @Override
  protected String extraRepr() {
    return "threshold=" + PythonNumber.text(threshold) + ", value=" + PythonNumber.text(value);
  }
}
