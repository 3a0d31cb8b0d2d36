package dev.chagres.nn;

import dev.chagres.check.PythonNumber;
import dev.chagres.tensor.Tensor;

/** x where it is positive, and a slope times x elsewhere. */
public final class LeakyReLU extends Module {
  private final double negativeSlope;

  /** Makes the activation with PyTorch's number, 0.01. */
  public LeakyReLU() {
    this(0.01);
  }

  /** Makes the activation. */
  public LeakyReLU(double negativeSlope) {
    this.negativeSlope = negativeSlope;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.leakyRelu(x, negativeSlope);
  }

  @Override
  protected String extraRepr() {
    return "negative_slope=" + PythonNumber.text(negativeSlope);
  }
}
