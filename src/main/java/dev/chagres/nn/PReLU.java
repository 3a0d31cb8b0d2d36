package dev.chagres.nn;

import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;

/** x where it is positive, and a learned slope times x elsewhere: see {@link Functional#prelu}. */
public final class PReLU extends Module {
  private final Parameter weight;

  /** Makes the activation with one slope, 0.25 at first. */
  public PReLU() {
    this(1, 0.25);
  }

  /**
   * Makes the activation.
   *
   * @param numParameters 1, or the number of channels
   * @param init what the slopes are at first
   */
  public PReLU(long numParameters, double init) {
    Lines.atLeast("PReLU", "the number of slopes", 0, numParameters);
    this.weight = registerParameter("weight", Tensor.empty(numParameters).fill_(init));
  }

  /** Returns the slopes. */
  public Parameter weight() {
    return weight;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.prelu(x, weight);
  }

  @Override
  protected String extraRepr() {
    return "num_parameters=" + weight.numel();
  }
}
