package dev.chagres.tensor;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.primitive.Halves;
import dev.chagres.primitive.Primitives.Affine;
import dev.chagres.primitive.Primitives.Recurrence;
import dev.chagres.primitive.Primitives.RecurrentState;
import dev.chagres.primitive.Primitives.RecurrentWeights;
import dev.chagres.primitive.RecurrentForm;
import dev.chagres.primitive.RecurrentForm.Way;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The door of recurrent layers. */
final class Recurrences {
  private static final String NAME = "recurrent";

  private Recurrences() {}

  /** Takes the steps in the dtype of the state; on the CPU those of 16 bits in float32. */
  static Recurrence<Tensor> recurrent(
      Tensor x,
      RecurrentState<Tensor> state,
      RecurrentWeights<Tensor> weights,
      RecurrentForm form) {
    check(x, state, weights, form);
    AutocastFunction function = form.cell().function();
    DType dtype = Autocast.cast(function, state.hidden()).dtype();
    boolean wide = Halves.isHalf(dtype) && x.device().isCpu();
    DType computed = wide ? DType.FLOAT32 : dtype;
    Parts parts =
        new Parts(x, state, weights)
            .each(t -> Autocast.cast(AutocastFunction.LINEAR, t), t -> Autocast.cast(function, t))
            .each(t -> Copying.cast(t, computed), t -> Copying.cast(t, computed));
    try (@Nullable Autocast _ = Autocast.suspend()) {
      Recurrence<Tensor> result =
          isFused(parts) ? FusedRecurrence.of(parts, form) : composed(parts, form);
      return wide ? rounded(result, dtype) : result;
    }
  }

  private static boolean isFused(Parts parts) {
    return !parts.x().device().isTraced()
        && parts.x().numel() > 0
        && parts.weights().state().weight().numel() > 0;
  }

  private static Recurrence<Tensor> rounded(Recurrence<Tensor> result, DType dtype) {
    Tensor cells = result.state().cells();
    return new Recurrence<>(
        Copying.cast(result.output(), dtype),
        new RecurrentState<>(
            Copying.cast(result.state().hidden(), dtype),
            cells == null ? null : Copying.cast(cells, dtype)));
  }

  /** What goes into a recurrent layer. */
  record Parts(Tensor x, RecurrentState<Tensor> state, RecurrentWeights<Tensor> weights) {
    /** Returns the same with functions applied to x and the weights, and to the state. */
    Parts each(UnaryOperator<Tensor> ofWeights, UnaryOperator<Tensor> ofState) {
      return new Parts(
          ofWeights.apply(x),
          new RecurrentState<>(ofState.apply(state.hidden()), ifAny(ofState, state.cells())),
          new RecurrentWeights<>(
              each(ofWeights, weights.input()),
              each(ofWeights, weights.state()),
              ifAny(ofWeights, weights.projection())));
    }

    private static Affine<Tensor> each(UnaryOperator<Tensor> function, Affine<Tensor> layer) {
      return new Affine<>(function.apply(layer.weight()), ifAny(function, layer.bias()));
    }

    private static @Nullable Tensor ifAny(UnaryOperator<Tensor> function, @Nullable Tensor x) {
      return x == null ? null : function.apply(x);
    }

    /** Returns all of them in one order, null for what is not there. */
    List<@Nullable Tensor> all() {
      return Arrays.asList(
          x,
          state.hidden(),
          state.cells(),
          weights.input().weight(),
          weights.input().bias(),
          weights.state().weight(),
          weights.state().bias(),
          weights.projection());
    }
  }

  private static void check(
      Tensor x,
      RecurrentState<Tensor> state,
      RecurrentWeights<Tensor> weights,
      RecurrentForm form) {
    long before = Long.MAX_VALUE;
    for (long size : form.batchSizes()) {
      if (size < 0 || size > before) {
        throw new IllegalArgumentException(
            NAME + ": the sizes of batches are " + form.batchSizes() + "; they do not grow");
      }
      before = size;
    }
    if (form.batchSizes().isEmpty()) {
      throw new IllegalArgumentException(NAME + ": a sequence has one step at least");
    }
    boolean lstm = form.cell() == RecurrentForm.Cell.LSTM;
    Tensor ofState = weights.state().weight();
    Tensor cells = state.cells();
    Tensor projection = weights.projection();
    long width = ofState.dim() == 2 ? ofState.size(0) : 0;
    long hidden = width / form.cell().gates();
    long size = projection == null ? hidden : ofState.size(1);
    boolean agree =
        ofState.shape().equals(Shape.of(form.cell().gates() * hidden, size))
            && x.dim() == 2
            && x.size(0) == form.rows()
            && weights.input().weight().shape().equals(Shape.of(width, x.size(1)))
            && isRow(weights.input().bias(), width)
            && isRow(weights.state().bias(), width)
            && state.hidden().shape().equals(Shape.of(form.sequences(), size))
            && (cells != null) == lstm
            && (cells == null || cells.shape().equals(Shape.of(form.sequences(), hidden)))
            && (projection == null || lstm && projection.shape().equals(Shape.of(size, hidden)));
    if (!agree) {
      throw new IllegalArgumentException(
          NAME
              + ": inputs "
              + x.shape()
              + ", a state "
              + state.hidden().shape()
              + " and weights "
              + weights.input().weight().shape()
              + " and "
              + ofState.shape()
              + " are not those of "
              + form.cell()
              + " with batches of "
              + form.batchSizes());
    }
    checkDtypes(new Parts(x, state, weights));
  }

  private static boolean isRow(@Nullable Tensor bias, long width) {
    return bias == null || bias.shape().equals(Shape.of(width));
  }

  private static void checkDtypes(Parts parts) {
    DType dtype = parts.weights().state().weight().dtype();
    for (Tensor each : parts.all()) {
      if (each != null
          && (!each.dtype().isFloating()
              || each.dtype() != dtype && !Autocast.applies(AutocastFunction.LINEAR, each))) {
        throw new IllegalArgumentException(
            NAME
                + ": inputs, states and weights have one floating dtype, not "
                + each.dtype()
                + " beside "
                + dtype);
      }
    }
  }

  // ---- in recorded operations

  /** The steps in operations of their own. */
  static Recurrence<Tensor> composed(Parts parts, RecurrentForm form) {
    RecurrentWeights<Tensor> weights = parts.weights();
    Tensor gates = affine(parts.x(), weights.input());
    List<Long> sizes = form.batchSizes();
    int steps = sizes.size();
    boolean forward = form.way() == Way.FORWARD;
    List<Tensor> outputs = new ArrayList<>();
    RecurrentState<Tensor> now = parts.state();
    long at = forward ? 0 : form.rows();
    for (int i = 0; i < steps; i++) {
      long size = sizes.get(forward ? i : steps - 1 - i);
      at -= forward ? 0 : size;
      RecurrentState<Tensor> next =
          step(gates.narrow(0, at, size), first(now, size), weights, form.cell());
      at += forward ? size : 0;
      outputs.add(next.hidden());
      now = joined(next, now, size);
    }
    return new Recurrence<>(Tensor.cat(forward ? outputs : outputs.reversed(), 0), now);
  }

  private static Tensor affine(Tensor x, Affine<Tensor> layer) {
    Tensor bias = layer.bias();
    return bias == null
        ? x.matmul(layer.weight().t())
        : Matrices.linear(NAME, x, layer.weight(), bias);
  }

  private static RecurrentState<Tensor> first(RecurrentState<Tensor> state, long size) {
    Tensor cells = state.cells();
    return size == state.hidden().size(0)
        ? state
        : new RecurrentState<>(
            state.hidden().narrow(0, 0, size), cells == null ? null : cells.narrow(0, 0, size));
  }

  /** The first sequences have taken a step, the others wait or have ended. */
  private static RecurrentState<Tensor> joined(
      RecurrentState<Tensor> next, RecurrentState<Tensor> before, long size) {
    return size == before.hidden().size(0)
        ? next
        : new RecurrentState<>(
            joined(next.hidden(), before.hidden()),
            next.cells() == null
                ? null
                : joined(next.cells(), Objects.requireNonNull(before.cells(), "an LSTM's")));
  }

  private static Tensor joined(Tensor next, Tensor before) {
    long size = next.size(0);
    return Tensor.cat(List.of(next, before.narrow(0, size, before.size(0) - size)), 0);
  }

  private static RecurrentState<Tensor> step(
      Tensor x,
      RecurrentState<Tensor> state,
      RecurrentWeights<Tensor> weights,
      RecurrentForm.Cell cell) {
    Tensor before = state.hidden();
    Tensor h = affine(before, weights.state());
    return switch (cell) {
      case RNN_TANH -> new RecurrentState<>(x.add(h).tanh(), null);
      case RNN_RELU -> new RecurrentState<>(x.add(h).relu(), null);
      case GRU -> {
        List<Tensor> ofX = x.chunk(3, 1);
        List<Tensor> ofH = h.chunk(3, 1);
        Tensor reset = ofX.get(0).add(ofH.get(0)).sigmoid();
        Tensor update = ofX.get(1).add(ofH.get(1)).sigmoid();
        Tensor fresh = ofX.get(2).add(reset.mul(ofH.get(2))).tanh();
        yield new RecurrentState<>(before.sub(fresh).mul(update).add(fresh), null);
      }
      case LSTM -> {
        List<Tensor> each = x.add(h).chunk(4, 1);
        Tensor kept = each.get(1).sigmoid().mul(Objects.requireNonNull(state.cells(), "an LSTM's"));
        Tensor cells = kept.add(each.get(0).sigmoid().mul(each.get(2).tanh()));
        Tensor result = each.get(3).sigmoid().mul(cells.tanh());
        Tensor projection = weights.projection();
        yield new RecurrentState<>(
            projection == null ? result : result.matmul(projection.t()), cells);
      }
    };
  }
}
