package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.primitive.Primitives.RecurrentState;
import dev.chagres.primitive.RecurrentForm;
import dev.chagres.tensor.Tensor;
import java.util.Objects;

/**
 * Long short-term memory (Hochreiter and Schmidhuber, 1997): {@code i = sigmoid(Wi x + Ui h)},
 * {@code f = sigmoid(Wf x + Uf h)}, {@code g = tanh(Wg x + Ug h)}, {@code o = sigmoid(Wo x + Uo
 * h)}, {@code c' = f c + i g} and {@code h' = o tanh(c')}, each product with a bias; the rows of
 * the weights are those of i, f, g and o. With a size of projections a result is {@code V o
 * tanh(c')}, of that size.
 *
 * <p>Inputs are (length, batch, inputSize), with {@code batchFirst} (batch, length, inputSize), and
 * without a batch (length, inputSize). {@link #call} returns the last layer's results (length,
 * batch, directions * size), laid out as the input, where size is hiddenSize or that of
 * projections; {@link #run} returns the {@link State} beside them, and goes on from one:
 *
 * <pre>{@code
 * var lstm = new LSTM(8, 16, LSTM.options().numLayers(2).batchFirst());
 * var run = lstm.run(Tensor.rand(4, 10, 8));
 * run.output();     // (4, 10, 16)
 * run.state().h();  // (2, 4, 16), with batchFirst too
 * }</pre>
 */
public final class LSTM extends Recurrent<LSTM.State> {

  /**
   * What sequences begin and end with.
   *
   * @param h the results (layers * directions, batch, size); of a cell (batch, size)
   * @param c what is kept beside them (layers * directions, batch, hiddenSize); of a cell (batch,
   *     hiddenSize)
   */
  public record State(Tensor h, Tensor c) {
    /** Checks that both are there. */
    public State {
      given("LSTM", "h", h);
      given("LSTM", "c", c);
    }

    /** Returns the state without its history, for the next part of a long sequence. */
    public State detach() {
      return new State(h.detach(), c.detach());
    }

    static State of(RecurrentState<Tensor> parts) {
      return new State(parts.hidden(), Objects.requireNonNull(parts.cells(), "an LSTM's"));
    }

    RecurrentState<Tensor> parts() {
      return new RecurrentState<>(h, c);
    }
  }

  /**
   * What may differ from PyTorch's defaults.
   *
   * @param common what recurrent layers have in common
   * @param projSize the size that results are projected to, below that of the state; 0 for none
   */
  public record Options(Common common, long projSize) implements RecurrentOptions<Options> {
    /** Checks them. */
    public Options {
      given("LSTM", "common", common);
      Lines.atLeast("LSTM", "the size of projections", 0, projSize);
    }

    @Override
    public Options common(Common common) {
      return new Options(common, projSize);
    }

    /** Returns these options with another size that results are projected to. */
    public Options projSize(long projSize) {
      return new Options(common, projSize);
    }
  }

  /** Returns PyTorch's defaults. */
  public static Options options() {
    return new Options(RecurrentOptions.Common.DEFAULTS, 0);
  }

  /** Makes a layer with PyTorch's defaults. */
  public LSTM(long inputSize, long hiddenSize) {
    this(inputSize, hiddenSize, options());
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if a size is not positive, or that of projections is not below
   *     that of the state
   */
  public LSTM(long inputSize, long hiddenSize, Options options) {
    super(
        RecurrentForm.Cell.LSTM,
        inputSize,
        hiddenSize,
        checkedSize(given("LSTM", "options", options).projSize, hiddenSize),
        options.common());
  }

  private static long checkedSize(long projSize, long hiddenSize) {
    if (projSize > 0 && projSize >= hiddenSize) {
      throw new IllegalArgumentException(
          "LSTM: the size of projections "
              + projSize
              + " is not below that of the state, "
              + hiddenSize);
    }
    return projSize;
  }

  @Override
  State state(RecurrentState<Tensor> parts) {
    return State.of(parts);
  }

  @Override
  RecurrentState<Tensor> parts(State state) {
    return state.parts();
  }
}
