package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** {@code x - tanh(x)}, element by element. */
public final class Tanhshrink extends Module {
  /** Makes the activation. */
  public Tanhshrink() {}

  @Override
  public Tensor forward(Tensor x) {
    return Functional.tanhshrink(x);
  }
}
