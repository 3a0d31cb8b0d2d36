package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Shape;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Primitives.Affine;
import dev.chagres.primitive.Primitives.RecurrentState;
import dev.chagres.primitive.Primitives.RecurrentWeights;
import dev.chagres.primitive.RecurrentForm;
import dev.chagres.primitive.RecurrentForm.Way;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One step of a recurrent layer: {@link RNNCell}, {@link LSTMCell} and {@link GRUCell}. Inputs are
 * (batch, inputSize) and states (batch, hiddenSize); without a batch they have one dimension.
 *
 * <p>{@link #step(Tensor)} returns the new state; {@code call(input)} and {@code call(input, state
 * …)} return what of it is the step's result. The parameters {@code weight_ih}, {@code weight_hh},
 * {@code bias_ih} and {@code bias_hh} are first drawn uniformly from ±{@code 1 / sqrt(hiddenSize)}.
 *
 * @param <S> the type of states
 */
public abstract sealed class RecurrentCell<S> extends Module permits RNNCell, LSTMCell, GRUCell {
  private final RecurrentForm.Cell cell;
  private final long inputSize;
  private final long hiddenSize;
  private final RecurrentWeights<Tensor> weights;

  /** Makes a cell. */
  RecurrentCell(RecurrentForm.Cell cell, long inputSize, long hiddenSize, Bias bias) {
    given(name(), "bias", bias);
    Lines.atLeast(name(), "the input's size", 1, inputSize);
    Lines.atLeast(name(), "the state's size", 1, hiddenSize);
    this.cell = cell;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    long width = cell.gates() * hiddenSize;
    boolean biased = bias == Bias.LEARNED;
    Parameter ofInput = registerParameter("weight_ih", Tensor.empty(width, inputSize));
    Parameter ofState = registerParameter("weight_hh", Tensor.empty(width, hiddenSize));
    Parameter inputBias = biased ? registerParameter("bias_ih", Tensor.empty(width)) : null;
    Parameter stateBias = biased ? registerParameter("bias_hh", Tensor.empty(width)) : null;
    this.weights =
        new RecurrentWeights<>(
            new Affine<>(ofInput, inputBias), new Affine<>(ofState, stateBias), null);
    double bound = 1 / Math.sqrt((double) hiddenSize);
    parameters().forEach(parameter -> Init.uniform_(parameter, -bound, bound));
  }

  /** Returns a state. */
  abstract S state(RecurrentState<Tensor> parts);

  /** Returns what a state consists of. */
  abstract RecurrentState<Tensor> parts(S state);

  /** Returns the result of a step from a state of zeros. */
  @Override
  public final Tensor forward(Tensor input) {
    return taken(input, null).hidden();
  }

  /**
   * Returns the result of a step for an input, and from the tensors of a state if there are more.
   */
  @Override
  public final Tensor forward(Tensor... inputs) {
    RecurrentState<Tensor> begin = begin(name(), cell, List.of(inputs));
    return taken(inputs[0], begin).hidden();
  }

  /** Returns the state behind a step from a state of zeros; hooks see the result. */
  public final S step(Tensor input) {
    return hooked(given(name(), "input", input), null);
  }

  /** Returns the state behind a step from a state; hooks see the result. */
  public final S step(Tensor input, S state) {
    return hooked(given(name(), "input", input), parts(given(name(), "state", state)));
  }

  private S hooked(Tensor input, @Nullable RecurrentState<Tensor> begin) {
    return state(
        call(
            inputs(input, begin),
            in -> taken(in.getFirst(), begin(name(), cell, in)),
            RecurrentState::hidden,
            (made, hidden) -> new RecurrentState<>(hidden, made.cells())));
  }

  private RecurrentState<Tensor> taken(Tensor input, @Nullable RecurrentState<Tensor> begin) {
    if (input.dim() != 1 && input.dim() != 2) {
      throw new IllegalArgumentException(
          name() + ": an input has 1 or 2 dimensions, not " + input.shape());
    }
    checkInput(name(), input, inputSize, weights.input().weight());
    boolean alone = input.dim() == 1;
    Tensor x = alone ? input.unsqueeze(0) : input;
    Shape shape = input.shape().with(input.dim() - 1, hiddenSize);
    RecurrentState<Tensor> state;
    if (begin == null) {
      state = zeros(x);
    } else {
      check(name(), begin, shape, shape, weights.state().weight());
      state = alone ? Recurrent.each(begin, t -> t.unsqueeze(0)) : begin;
    }
    var form = new RecurrentForm(cell, Way.FORWARD, List.of(x.size(0)));
    RecurrentState<Tensor> next = Primitives.of(x).recurrent(x, state, weights, form).state();
    return alone ? Recurrent.each(next, t -> t.squeeze(0)) : next;
  }

  /** Checks that an input has the size and the dtype of the weight that it is multiplied with. */
  static void checkInput(String name, Tensor x, long inputSize, Tensor weight) {
    checkDtype(name, "an input", x, weight);
    if (x.size(-1) != inputSize) {
      throw new IllegalArgumentException(
          name
              + ": needs an input whose last dimension is its inputSize "
              + inputSize
              + ", not "
              + x.size(-1));
    }
  }

  /** Checks an operand of which autocast makes nothing else. */
  static void checkDtype(String name, String what, Tensor x, Tensor weight) {
    if (x.dtype() != weight.dtype()
        && !Primitives.of(x).autocasts(AutocastFunction.RNN_TANH_CELL, x)) {
      throw new IllegalArgumentException(
          name
              + ": "
              + what
              + " of "
              + x.dtype()
              + " for weights of "
              + weight.dtype()
              + "; convert it, or the layer, with to");
    }
  }

  private RecurrentState<Tensor> zeros(Tensor x) {
    return new RecurrentState<>(
        x.newZeros(x.size(0), hiddenSize),
        cell == RecurrentForm.Cell.LSTM ? x.newZeros(x.size(0), hiddenSize) : null);
  }

  /** Returns an input and what its state consists of, as modules are called with them. */
  static List<Tensor> inputs(Tensor input, @Nullable RecurrentState<Tensor> begin) {
    if (begin == null) {
      return List.of(input);
    }
    Tensor cells = begin.cells();
    return cells == null ? List.of(input, begin.hidden()) : List.of(input, begin.hidden(), cells);
  }

  /** Returns the state that is given behind an input, if there is one. */
  static @Nullable RecurrentState<Tensor> begin(
      String name, RecurrentForm.Cell cell, List<Tensor> inputs) {
    int wanted = cell == RecurrentForm.Cell.LSTM ? 3 : 2;
    int given = inputs.size();
    if (given == 1) {
      return null;
    }
    if (given != wanted) {
      throw new IllegalArgumentException(
          name + ": takes an input, or with its state " + wanted + " tensors, not " + given);
    }
    return new RecurrentState<>(inputs.get(1), wanted == 2 ? null : inputs.get(2));
  }

  /** Checks the state of sequences that a weight is multiplied with. */
  static void check(
      String name, RecurrentState<Tensor> state, Shape hidden, Shape cells, Tensor weight) {
    check(name, state.hidden(), hidden, weight);
    if (state.cells() != null) {
      check(name, state.cells(), cells, weight);
    }
  }

  private static void check(String name, Tensor state, Shape wanted, Tensor weight) {
    if (!state.shape().equals(wanted)) {
      throw new IllegalArgumentException(
          name + ": a state is " + wanted + " here, not " + state.shape());
    }
    checkDtype(name, "a state", state, weight);
  }

  /** What is printed of the nonlinearity, if there is a choice. */
  String nonlinearityRepr() {
    return "";
  }

  @Override
  protected final String extraRepr() {
    return inputSize
        + ", "
        + hiddenSize
        + (weights.input().bias() == null ? ", bias=False" : "")
        + nonlinearityRepr();
  }
}
