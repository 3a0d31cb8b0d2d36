package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** {@code x / (1 + exp(-x))}, element by element. */
public final class SiLU extends Module {
  /** Makes the activation. */
  public SiLU() {}

  @Override
  public Tensor forward(Tensor x) {
    return Functional.silu(x);
  }
}
