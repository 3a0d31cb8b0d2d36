package dev.chagres.tensor;

import dev.chagres.core.Shape;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.primitive.Primitives.Recurrence;
import dev.chagres.primitive.Primitives.RecurrentState;
import dev.chagres.primitive.Primitives.RecurrentWeights;
import dev.chagres.primitive.RecurrentForm;
import dev.chagres.primitive.RecurrentForm.Way;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The door of recurrent layers. */
final class Recurrences {
  private static final String NAME = "recurrent";

  private Recurrences() {}

  /** Takes the steps in the dtype of the state, into which all else is cast. */
  static Recurrence<Tensor> recurrent(
      Tensor gates,
      RecurrentState<Tensor> state,
      RecurrentWeights<Tensor> weights,
      RecurrentForm form) {
    check(gates, state, weights, form);
    AutocastFunction function = form.cell().function();
    Tensor hidden = Autocast.cast(function, state.hidden());
    var own =
        new RecurrentState<>(hidden, like(Autocast.castIfAny(function, state.cells()), hidden));
    var low =
        new RecurrentWeights<>(
            product(weights.hidden(), hidden),
            bias(weights.bias(), hidden),
            weights.projection() == null ? null : product(weights.projection(), hidden));
    try (@Nullable Autocast _ = Autocast.suspend()) {
      return composed(Copying.cast(gates, hidden.dtype()), own, low, form);
    }
  }

  private static @Nullable Tensor like(@Nullable Tensor x, Tensor hidden) {
    return x == null ? null : Copying.cast(x, hidden.dtype());
  }

  private static Tensor product(Tensor weight, Tensor hidden) {
    return Copying.cast(Autocast.cast(AutocastFunction.LINEAR, weight), hidden.dtype());
  }

  private static @Nullable Tensor bias(@Nullable Tensor bias, Tensor hidden) {
    return like(Autocast.castIfAny(AutocastFunction.LINEAR, bias), hidden);
  }

  private static void check(
      Tensor gates,
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
    Tensor cells = state.cells();
    Tensor projection = weights.projection();
    long width = weights.hidden().dim() == 2 ? weights.hidden().size(0) : 0;
    long hidden = width / form.cell().gates();
    long size = projection == null ? hidden : weights.hidden().size(1);
    boolean agree =
        weights.hidden().shape().equals(Shape.of(form.cell().gates() * hidden, size))
            && gates.shape().equals(Shape.of(form.rows(), width))
            && state.hidden().shape().equals(Shape.of(form.sequences(), size))
            && state.hidden().dtype().isFloating()
            && (cells != null) == lstm
            && (cells == null || cells.shape().equals(Shape.of(form.sequences(), hidden)))
            && (weights.bias() == null || weights.bias().shape().equals(Shape.of(width)))
            && (projection == null || lstm && projection.shape().equals(Shape.of(size, hidden)));
    if (!agree) {
      throw new IllegalArgumentException(
          NAME
              + ": products "
              + Tensor.describe(gates)
              + ", a state "
              + Tensor.describe(state.hidden())
              + " and a weight "
              + Tensor.describe(weights.hidden())
              + " are not those of "
              + form.cell()
              + " with batches of "
              + form.batchSizes());
    }
  }

  // ---- in recorded operations

  /** The steps in operations of their own. */
  static Recurrence<Tensor> composed(
      Tensor gates,
      RecurrentState<Tensor> state,
      RecurrentWeights<Tensor> weights,
      RecurrentForm form) {
    List<Long> sizes = form.batchSizes();
    int steps = sizes.size();
    boolean forward = form.way() == Way.FORWARD;
    List<Tensor> outputs = new ArrayList<>();
    RecurrentState<Tensor> now = state;
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
    Tensor product = before.matmul(weights.hidden().t());
    Tensor h = weights.bias() == null ? product : product.add(weights.bias());
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
