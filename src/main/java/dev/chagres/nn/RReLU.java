package dev.chagres.nn;

import dev.chagres.check.PythonNumber;
import dev.chagres.tensor.Tensor;

/**
 * In training, multiplies what is not positive by numbers drawn for each element (Xu et al., 2015);
 * in evaluation by their mean.
 */
public final class RReLU extends Module {
  private final double lower;
  private final double upper;

  /** Makes the layer for numbers between an eighth and a third. */
  public RReLU() {
    this(1.0 / 8, 1.0 / 3);
  }

  /** Makes the layer for numbers between these. */
  public RReLU(double lower, double upper) {
    if (!(lower <= upper)) {
      throw new IllegalArgumentException(
          "RReLU: the lower bound " + lower + " is above the upper one " + upper);
    }
    this.lower = lower;
    this.upper = upper;
  }

  @Override
  public Tensor forward(Tensor x) {
    return isTraining()
        ? Functional.rrelu(x, lower, upper)
        : Functional.leakyRelu(x, (lower + upper) / 2);
  }

  @Override
  protected String extraRepr() {
    return "lower=" + PythonNumber.text(lower) + ", upper=" + PythonNumber.text(upper);
  }
}
