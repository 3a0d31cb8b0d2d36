package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.primitive.Primitives.RecurrentState;
import dev.chagres.primitive.RecurrentForm;
import dev.chagres.tensor.Tensor;

/**
 * A plain recurrent layer (Elman, 1990): {@code h' = tanh(W x + b + U h + c)}, or with {@code relu}
 * in place of the hyperbolic tangent.
 *
 * <p>Inputs are (length, batch, inputSize), with {@code batchFirst} (batch, length, inputSize), and
 * without a batch (length, inputSize). {@link #call} returns the last layer's results (length,
 * batch, directions * hiddenSize), laid out as the input; {@link #run} returns the state (layers *
 * directions, batch, hiddenSize) beside them, and goes on from one, as at {@link GRU}.
 */
public final class RNN extends Recurrent<Tensor> {

  /** What makes the new state. */
  public enum Nonlinearity {
    /** {@link Tensor#tanh}. */
    TANH(RecurrentForm.Cell.RNN_TANH),
    /** {@link Tensor#relu}. */
    RELU(RecurrentForm.Cell.RNN_RELU);

    final RecurrentForm.Cell cell;

    Nonlinearity(RecurrentForm.Cell cell) {
      this.cell = cell;
    }
  }

  /**
   * What may differ from PyTorch's defaults.
   *
   * @param common what recurrent layers have in common
   * @param nonlinearity what makes the new state
   */
  public record Options(Common common, Nonlinearity nonlinearity)
      implements RecurrentOptions<Options> {
    /** Checks that they are there. */
    public Options {
      given("RNN", "common", common);
      given("RNN", "nonlinearity", nonlinearity);
    }

    @Override
    public Options common(Common common) {
      return new Options(common, nonlinearity);
    }

    /** Returns these options with another way to make the new state. */
    public Options nonlinearity(Nonlinearity nonlinearity) {
      return new Options(common, nonlinearity);
    }
  }

  /** Returns PyTorch's defaults. */
  public static Options options() {
    return new Options(RecurrentOptions.Common.DEFAULTS, Nonlinearity.TANH);
  }

  /** Makes a layer with PyTorch's defaults. */
  public RNN(long inputSize, long hiddenSize) {
    this(inputSize, hiddenSize, options());
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if a size is not positive
   */
  public RNN(long inputSize, long hiddenSize, Options options) {
    super(
        given("RNN", "options", options).nonlinearity().cell,
        inputSize,
        hiddenSize,
        0,
        options.common());
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
