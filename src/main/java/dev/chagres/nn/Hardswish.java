package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** {@code x min(max(x + 3, 0), 6) / 6}, element by element. */
public final class Hardswish extends Module {
  /** Makes the activation. */
  public Hardswish() {}

  @Override
  public Tensor forward(Tensor x) {
    return Functional.hardswish(x);
  }
}
