package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** What was given, unchanged. */
public final class Identity extends Module {
  /** Makes the module. */
  public Identity() {}

  @Override
  public Tensor forward(Tensor x) {
    return x;
  }
}
