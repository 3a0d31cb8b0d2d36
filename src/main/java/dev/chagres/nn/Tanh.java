package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** The hyperbolic tangent, element by element. */
public final class Tanh extends Module {
  /** Makes the activation. */
  public Tanh() {}

  @Override
  public Tensor forward(Tensor x) {
    return x.tanh();
  }
}
