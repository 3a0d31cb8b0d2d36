package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** {@code x tanh(log(1 + exp(x)))}, element by element. */
public final class Mish extends Module {
  /** Makes the activation. */
  public Mish() {}

  @Override
  public Tensor forward(Tensor x) {
    return Functional.mish(x);
  }
}
