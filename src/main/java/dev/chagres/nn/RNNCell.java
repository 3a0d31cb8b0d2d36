package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.nn.RNN.Nonlinearity;
import dev.chagres.primitive.Primitives.RecurrentState;
import dev.chagres.tensor.Tensor;
import java.util.Locale;

/** One step of an {@link RNN}. */
public final class RNNCell extends RecurrentCell<Tensor> {
  private final Nonlinearity nonlinearity;

  /** Makes a cell with biases and a hyperbolic tangent. */
  public RNNCell(long inputSize, long hiddenSize) {
    this(inputSize, hiddenSize, Bias.LEARNED, Nonlinearity.TANH);
  }

  /**
   * Makes a cell.
   *
   * @throws IllegalArgumentException if a size is not positive
   */
  public RNNCell(long inputSize, long hiddenSize, Bias bias, Nonlinearity nonlinearity) {
    super(given("RNNCell", "nonlinearity", nonlinearity).cell, inputSize, hiddenSize, bias);
    this.nonlinearity = nonlinearity;
  }

  @Override
  Tensor state(RecurrentState<Tensor> parts) {
    return parts.hidden();
  }

  @Override
  RecurrentState<Tensor> parts(Tensor state) {
    return new RecurrentState<>(state, null);
  }

  @Override
  String nonlinearityRepr() {
    return nonlinearity == Nonlinearity.TANH
        ? ""
        : ", nonlinearity=" + nonlinearity.name().toLowerCase(Locale.ROOT);
  }
}
