package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** ELU with the numbers of {@link Functional#selu}, element by element. */
public final class SELU extends Module {
  /** Makes the activation. */
  public SELU() {}

  @Override
  public Tensor forward(Tensor x) {
    return Functional.selu(x);
  }
}
