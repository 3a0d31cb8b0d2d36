package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** The logarithm of the sigmoid, element by element. */
public final class LogSigmoid extends Module {
  /** Makes the activation. */
  public LogSigmoid() {}

  @Override
  public Tensor forward(Tensor x) {
    return Functional.logsigmoid(x);
  }
}
