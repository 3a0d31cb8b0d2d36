package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** What unpooling has in common: it takes two inputs, and prints its windows. */
abstract sealed class MaxUnpool extends Module permits MaxUnpool1d, MaxUnpool2d, MaxUnpool3d {
  /** Puts the elements where their positions say, in a result of the size before the pooling. */
  abstract Tensor unpooled(Tensor x, Tensor indices);

  @Override
  public final Tensor forward(Tensor... inputs) {
    if (inputs.length != 2) {
      throw new IllegalArgumentException(
          name() + ": takes an input and positions, not " + inputs.length + " tensors");
    }
    return unpooled(inputs[0], inputs[1]);
  }
}
