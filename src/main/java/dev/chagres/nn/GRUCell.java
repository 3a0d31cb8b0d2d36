package dev.chagres.nn;

import dev.chagres.primitive.Primitives.RecurrentState;
import dev.chagres.primitive.RecurrentForm;
import dev.chagres.tensor.Tensor;

/** One step of a {@link GRU}. */
public final class GRUCell extends RecurrentCell<Tensor> {
  /** Makes a cell with biases. */
  public GRUCell(long inputSize, long hiddenSize) {
    this(inputSize, hiddenSize, Bias.LEARNED);
  }

  /**
   * Makes a cell.
   *
   * @throws IllegalArgumentException if a size is not positive
   */
  public GRUCell(long inputSize, long hiddenSize, Bias bias) {
    super(RecurrentForm.Cell.GRU, inputSize, hiddenSize, bias);
  }

  @Override
  Tensor state(RecurrentState<Tensor> parts) {
    return parts.hidden();
  }

  @Override
  RecurrentState<Tensor> parts(Tensor state) {
    return new RecurrentState<>(state, null);
  }
}
