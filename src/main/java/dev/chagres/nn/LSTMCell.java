package dev.chagres.nn;

import dev.chagres.primitive.Primitives.RecurrentState;
import dev.chagres.primitive.RecurrentForm;
import dev.chagres.tensor.Tensor;

/** One step of an {@link LSTM}, without a projection. */
public final class LSTMCell extends RecurrentCell<LSTM.State> {
  /** Makes a cell with biases. */
  public LSTMCell(long inputSize, long hiddenSize) {
    this(inputSize, hiddenSize, Bias.LEARNED);
  }

  /**
   * Makes a cell.
   *
   * @throws IllegalArgumentException if a size is not positive
   */
  public LSTMCell(long inputSize, long hiddenSize, Bias bias) {
    super(RecurrentForm.Cell.LSTM, inputSize, hiddenSize, bias);
  }

  @Override
  LSTM.State state(RecurrentState<Tensor> parts) {
    return LSTM.State.of(parts);
  }

  @Override
  RecurrentState<Tensor> parts(LSTM.State state) {
    return state.parts();
  }
}
