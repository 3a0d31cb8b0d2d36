package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.primitive.Primitives.RecurrentState;
import dev.chagres.primitive.RecurrentForm;
import dev.chagres.tensor.Tensor;

/**
 * Gated recurrent units (Cho et al., 2014): {@code r = sigmoid(Wr x + Ur h)}, {@code z = sigmoid(Wz
 * x + Uz h)}, {@code n = tanh(Wn x + r (Un h))} and {@code h' = (1 - z) n + z h}, each product with
 * a bias; the rows of the weights are those of r, z and n.
 *
 * <p>Inputs are (length, batch, inputSize), with {@code batchFirst} (batch, length, inputSize), and
 * without a batch (length, inputSize). {@link #call} returns the last layer's results (length,
 * batch, directions * hiddenSize), laid out as the input; {@link #run} returns the state (layers *
 * directions, batch, hiddenSize) beside them, and goes on from one:
 *
 * <pre>{@code
 * var gru = new GRU(8, 16, GRU.options().numLayers(2).batchFirst());
 * var run = gru.run(Tensor.rand(4, 10, 8));
 * run.output(); // (4, 10, 16)
 * run.state();  // (2, 4, 16), with batchFirst too
 * }</pre>
 */
public final class GRU extends Recurrent<Tensor> {

  /**
   * What may differ from PyTorch's defaults.
   *
   * @param common what recurrent layers have in common
   */
  public record Options(Common common) implements RecurrentOptions<Options> {
    /** Checks that they are there. */
    public Options {
      given("GRU", "common", common);
    }

    @Override
    public Options common(Common common) {
      return new Options(common);
    }
  }

  /** Returns PyTorch's defaults. */
  public static Options options() {
    return new Options(RecurrentOptions.Common.DEFAULTS);
  }

  /** Makes a layer with PyTorch's defaults. */
  public GRU(long inputSize, long hiddenSize) {
    this(inputSize, hiddenSize, options());
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if a size is not positive
   */
  public GRU(long inputSize, long hiddenSize, Options options) {
    super(
        RecurrentForm.Cell.GRU,
        inputSize,
        hiddenSize,
        0,
        given("GRU", "options", options).common());
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
