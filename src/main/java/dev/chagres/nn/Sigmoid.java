package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** {@code 1 / (1 + exp(-x))}, element by element. */
public final class Sigmoid extends Module {
  /** Makes the activation. */
  public Sigmoid() {}

  @Override
  public Tensor forward(Tensor x) {
    return x.sigmoid();
  }
}
