package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** {@code min(max(x, 0), 6)}, element by element. */
public final class ReLU6 extends Module {
  /** Makes the activation. */
  public ReLU6() {}

  @Override
  public Tensor forward(Tensor x) {
    return Functional.relu6(x);
  }
}
