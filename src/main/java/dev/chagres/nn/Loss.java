package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** A module of two inputs: what a network returned, and what it should have returned. */
public abstract class Loss extends Module {
  /** Makes a loss. */
  protected Loss() {}

  /** Computes the loss of a network's output. */
  public abstract Tensor forward(Tensor input, Tensor target);

  @Override
  public final Tensor forward(Tensor... inputs) {
    Checks.inputs(this, 2, "an input and a target", inputs);
    return forward(inputs[0], inputs[1]);
  }
}
