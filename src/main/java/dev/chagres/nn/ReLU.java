package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** {@code max(x, 0)}, element by element. */
public final class ReLU extends Module {
  /** Makes the activation. */
  public ReLU() {}

  @Override
  public Tensor forward(Tensor x) {
    return x.relu();
  }
}
