package dev.chagres.nn;

import dev.chagres.check.PythonNumber;
import dev.chagres.tensor.Tensor;

/** x between two limits, and the nearer limit elsewhere. */
public final class Hardtanh extends Module {
  private final double min;
  private final double max;

  /** Makes the activation with PyTorch's numbers, -1 and 1. */
  public Hardtanh() {
    this(-1, 1);
  }

  /** Makes the activation. */
  public Hardtanh(double min, double max) {
    this.min = min;
    this.max = max;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.hardtanh(x, min, max);
  }

  @Override
  protected String extraRepr() {
    return "min_val=" + PythonNumber.text(min) + ", max_val=" + PythonNumber.text(max);
  }
}
