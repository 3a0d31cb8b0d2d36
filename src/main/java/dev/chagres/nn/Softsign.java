package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** {@code x / (1 + |x|)}, element by element. */
public final class Softsign extends Module {
  /** Makes the activation. */
  public Softsign() {}

  @Override
  public Tensor forward(Tensor x) {
    return Functional.softsign(x);
  }
}
