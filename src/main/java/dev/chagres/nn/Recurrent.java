package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.check.PythonNumber;
import dev.chagres.core.Shape;
import dev.chagres.nn.MultiheadAttention.Order;
import dev.chagres.nn.RecurrentOptions.Common;
import dev.chagres.nn.RecurrentOptions.Direction;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Primitives.Affine;
import dev.chagres.primitive.Primitives.Recurrence;
import dev.chagres.primitive.Primitives.RecurrentState;
import dev.chagres.primitive.Primitives.RecurrentWeights;
import dev.chagres.primitive.RecurrentForm;
import dev.chagres.primitive.RecurrentForm.Way;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.lang.System.Logger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A layer that reads sequences step by step and keeps a state: {@link RNN}, {@link LSTM} and {@link
 * GRU}. Inputs are (length, batch, inputSize), or, where the options say so, (batch, length,
 * inputSize); without a batch they have two dimensions. Outputs are the last layer's results of all
 * steps, (length, batch, size), with those of both directions side by side. Of a state (layers *
 * directions, batch, size) there is one for each layer and direction, the directions of a layer one
 * after the other.
 *
 * <p>{@link #run(Tensor)} returns the output and the state that the sequences end with; {@code
 * call(input)} returns the output alone, so that a layer can be a part of a {@link Sequential}.
 * Sequences of several lengths are given as a {@link PackedSequence}.
 *
 * <p>All parameters are first drawn uniformly from ±{@code 1 / sqrt(hiddenSize)}. Their names are
 * PyTorch's: {@code weight_ih_l0}, {@code weight_hh_l0}, {@code bias_ih_l0}, {@code bias_hh_l0},
 * those of the second layer with {@code l1}, and those of the other direction with {@code _reverse}
 * behind that.
 *
 * @param <S> the type of states
 */
public abstract sealed class Recurrent<S> extends Module permits RNN, LSTM, GRU {
  private static final int UNBATCHED = 2;
  private static final int BATCHED = 3;
  private static final Logger LOGGER = System.getLogger(Recurrent.class.getName());

  private final RecurrentForm.Cell cell;
  private final long inputSize;
  private final long hiddenSize;
  private final long projSize;
  private final Common common;
  private final List<RecurrentWeights<Tensor>> directs = new ArrayList<>();

  /**
   * What sequences have become.
   *
   * @param output the last layer's results of all steps
   * @param state what the sequences ended with
   * @param <T> the type of outputs, tensors or packed sequences
   * @param <S> the type of states
   */
  public record Result<T, S>(T output, S state) {
    /** Checks that both are there. */
    public Result {
      given("Recurrent", "output", output);
      given("Recurrent", "state", state);
    }
  }

  /** Makes a layer; the size of projections is 0 where there are none. */
  Recurrent(
      RecurrentForm.Cell cell, long inputSize, long hiddenSize, long projSize, Common common) {
    this.cell = cell;
    Lines.atLeast(name(), "the input's size", 1, inputSize);
    Lines.atLeast(name(), "the state's size", 1, hiddenSize);
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.projSize = projSize;
    this.common = common;
    if (common.dropout() > 0 && common.numLayers() == 1) {
      LOGGER.log(
          Logger.Level.WARNING,
          "{0}: a dropout of {1} is between layers, and there is one",
          name(),
          common.dropout());
    }
    long width = cell.gates() * hiddenSize;
    for (int layer = 0; layer < common.numLayers(); layer++) {
      for (int direction = 0; direction < directions(); direction++) {
        long in = layer == 0 ? inputSize : directions() * size();
        directs.add(direct("_l" + layer + (direction == 0 ? "" : "_reverse"), width, in));
      }
    }
    double bound = 1 / Math.sqrt((double) hiddenSize);
    parameters().forEach(parameter -> Init.uniform_(parameter, -bound, bound));
  }

  private RecurrentWeights<Tensor> direct(String suffix, long width, long in) {
    boolean biased = common.bias() == Bias.LEARNED;
    Parameter ofInput = registerParameter("weight_ih" + suffix, Tensor.empty(width, in));
    Parameter ofState = registerParameter("weight_hh" + suffix, Tensor.empty(width, size()));
    Parameter inputBias =
        biased ? registerParameter("bias_ih" + suffix, Tensor.empty(width)) : null;
    Parameter stateBias =
        biased ? registerParameter("bias_hh" + suffix, Tensor.empty(width)) : null;
    Parameter projection =
        projSize == 0
            ? null
            : registerParameter("weight_hr" + suffix, Tensor.empty(projSize, hiddenSize));
    return new RecurrentWeights<>(
        new Affine<>(ofInput, inputBias), new Affine<>(ofState, stateBias), projection);
  }

  // ---- what a layer says of its states

  /** Returns a state. */
  abstract S state(RecurrentState<Tensor> parts);

  /** Returns what a state consists of. */
  abstract RecurrentState<Tensor> parts(S state);

  // ---- calling

  /** Returns the output of sequences that begin with a state of zeros. */
  @Override
  public final Tensor forward(Tensor input) {
    return read(input, null).output();
  }

  /** Returns the output of an input, and of the tensors of a state where more are given. */
  @Override
  public final Tensor forward(Tensor... inputs) {
    RecurrentState<Tensor> begin = RecurrentCell.begin(name(), cell, List.of(inputs));
    return read(inputs[0], begin).output();
  }

  /** Reads sequences that begin with a state of zeros; hooks see the output. */
  public final Result<Tensor, S> run(Tensor input) {
    return hooked(given(name(), "input", input), null);
  }

  /** Reads sequences that begin with a state; hooks see the output. */
  public final Result<Tensor, S> run(Tensor input, S state) {
    return hooked(given(name(), "input", input), parts(given(name(), "state", state)));
  }

  private Result<Tensor, S> hooked(Tensor input, @Nullable RecurrentState<Tensor> begin) {
    return call(
        RecurrentCell.inputs(input, begin),
        in -> read(in.getFirst(), RecurrentCell.begin(name(), cell, in)),
        Result::output,
        (made, output) -> new Result<>(output, made.state()));
  }

  /** Reads sequences of several lengths that begin with a state of zeros, without hooks. */
  public final Result<PackedSequence, S> run(PackedSequence input) {
    return read(given(name(), "input", input), null);
  }

  /**
   * Reads sequences of several lengths that begin with a state, in the order of the batch, without
   * hooks.
   */
  public final Result<PackedSequence, S> run(PackedSequence input, S state) {
    return read(given(name(), "input", input), parts(given(name(), "state", state)));
  }

  private Result<Tensor, S> read(Tensor input, @Nullable RecurrentState<Tensor> begin) {
    int dim = input.dim();
    if (dim != UNBATCHED && dim != BATCHED) {
      throw new IllegalArgumentException(
          name() + ": an input has 2 or 3 dimensions, not " + input.shape());
    }
    boolean alone = dim == UNBATCHED;
    boolean turned = !alone && common.order() == Order.BATCH_FIRST;
    Tensor x = alone ? input.unsqueeze(1) : turned ? input.transpose(0, 1) : input;
    long steps = x.size(0);
    long batch = x.size(1);
    if (steps == 0) {
      throw new IllegalArgumentException(name() + ": a sequence has one step at least");
    }
    RecurrentCell.checkInput(name(), x, inputSize, directs.getFirst().input().weight());
    checkState(begin, alone ? Shape.of() : Shape.of(batch));
    RecurrentState<Tensor> state =
        alone && begin != null ? each(begin, t -> t.unsqueeze(1)) : begin;
    List<Long> sizes = Collections.nCopies(Math.toIntExact(steps), batch);
    Recurrence<Tensor> read = read(x.reshape(steps * batch, inputSize), state, sizes);
    Tensor output = read.output().unflatten(0, steps, batch);
    return new Result<>(
        alone ? output.squeeze(1) : turned ? output.transpose(0, 1) : output,
        state(alone ? each(read.state(), t -> t.squeeze(1)) : read.state()));
  }

  private Result<PackedSequence, S> read(
      PackedSequence input, @Nullable RecurrentState<Tensor> begin) {
    Tensor x = input.data();
    if (x.dim() != 2) {
      throw new IllegalArgumentException(
          name() + ": packed inputs are (steps, size), not " + x.shape());
    }
    RecurrentCell.checkInput(name(), x, inputSize, directs.getFirst().input().weight());
    checkState(begin, Shape.of(input.batchSizes().getFirst()));
    Tensor sorted = input.sortedIndices();
    RecurrentState<Tensor> state =
        sorted == null || begin == null ? begin : each(begin, t -> t.indexSelect(1, sorted));
    Recurrence<Tensor> read = read(x, state, input.batchSizes());
    Tensor unsorted = input.unsortedIndices();
    return new Result<>(
        input.withData(read.output()),
        state(
            unsorted == null ? read.state() : each(read.state(), t -> t.indexSelect(1, unsorted))));
  }

  private void checkState(@Nullable RecurrentState<Tensor> state, Shape batch) {
    if (state != null) {
      Shape begin = Shape.of(directs.size()).concat(batch);
      RecurrentCell.check(
          name(),
          state,
          begin.concat(Shape.of(size())),
          begin.concat(Shape.of(hiddenSize)),
          directs.getFirst().state().weight());
    }
  }

  /** Returns a state with a function applied to what it consists of. */
  static RecurrentState<Tensor> each(RecurrentState<Tensor> state, UnaryOperator<Tensor> function) {
    Tensor cells = state.cells();
    return new RecurrentState<>(
        function.apply(state.hidden()), cells == null ? null : function.apply(cells));
  }

  // ---- the layers

  /** Reads steps (rows, inputSize), which lie as the sizes say. */
  private Recurrence<Tensor> read(
      Tensor rows, @Nullable RecurrentState<Tensor> begin, List<Long> sizes) {
    Tensor x = rows;
    List<RecurrentState<Tensor>> states = new ArrayList<>();
    for (int layer = 0; layer < common.numLayers(); layer++) {
      if (layer > 0 && isTraining() && common.dropout() > 0) {
        x = Functional.dropout(x, common.dropout());
      }
      List<Tensor> outputs = new ArrayList<>();
      for (int direction = 0; direction < directions(); direction++) {
        int number = layer * directions() + direction;
        RecurrentState<Tensor> state =
            begin == null ? zeros(x, sizes.getFirst()) : each(begin, t -> t.select(0, number));
        Way way = direction == 0 ? Way.FORWARD : Way.BACKWARD;
        Recurrence<Tensor> read =
            Primitives.of(x)
                .recurrent(
                    x, began(x, state), directs.get(number), new RecurrentForm(cell, way, sizes));
        outputs.add(read.output());
        states.add(read.state());
      }
      x = outputs.size() == 1 ? outputs.getFirst() : Tensor.cat(outputs, 1);
    }
    List<Tensor> hidden = states.stream().map(RecurrentState::hidden).toList();
    List<Tensor> cells =
        states.stream().map(RecurrentState::cells).flatMap(Stream::ofNullable).toList();
    return new Recurrence<>(
        x,
        new RecurrentState<>(Tensor.stack(hidden), cells.isEmpty() ? null : Tensor.stack(cells)));
  }

  /** A state as autocast has a layer begin with it, which is not always as it has a cell. */
  private RecurrentState<Tensor> began(Tensor x, RecurrentState<Tensor> state) {
    Primitives<Tensor> primitives = Primitives.of(x);
    return cell == RecurrentForm.Cell.LSTM
        ? each(state, t -> primitives.autocast(AutocastFunction.LSTM, t))
        : state;
  }

  private RecurrentState<Tensor> zeros(Tensor x, long sequences) {
    return new RecurrentState<>(
        x.newZeros(sequences, size()),
        cell == RecurrentForm.Cell.LSTM ? x.newZeros(sequences, hiddenSize) : null);
  }

  private int directions() {
    return common.direction() == Direction.BOTH ? 2 : 1;
  }

  /** The size of a result: the hidden one, or what it is projected to. */
  private long size() {
    return projSize == 0 ? hiddenSize : projSize;
  }

  @Override
  protected final String extraRepr() {
    StringBuilder text = new StringBuilder(inputSize + ", " + hiddenSize);
    add(text, projSize != 0, "proj_size=" + projSize);
    add(text, common.numLayers() != 1, "num_layers=" + common.numLayers());
    add(text, common.bias() == Bias.NONE, "bias=False");
    add(text, common.order() == Order.BATCH_FIRST, "batch_first=True");
    add(text, common.dropout() != 0, "dropout=" + PythonNumber.text(common.dropout()));
    add(text, common.direction() == Direction.BOTH, "bidirectional=True");
    return text.toString();
  }

  private static void add(StringBuilder text, boolean shown, String option) {
    if (shown) {
      text.append(", ").append(option);
    }
  }
}
