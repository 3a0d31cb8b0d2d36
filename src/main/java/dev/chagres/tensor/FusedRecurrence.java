package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.backend.Backend;
import dev.chagres.backend.Strided;
import dev.chagres.core.Shape;
import dev.chagres.primitive.Primitives.Affine;
import dev.chagres.primitive.Primitives.Recurrence;
import dev.chagres.primitive.Primitives.RecurrentState;
import dev.chagres.primitive.RecurrentForm;
import dev.chagres.primitive.RecurrentForm.Cell;
import dev.chagres.primitive.RecurrentForm.Way;
import dev.chagres.tensor.Recurrences.Parts;
import java.lang.ref.Reference;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A recurrent layer as one operation: the products of all inputs are one product, a step is a
 * product and a call of a kernel, and so is its gradient; the gradients of the weights are one
 * product each, of all steps.
 */
final class FusedRecurrence {
  private static final String NAME = "recurrent";

  private final RecurrentForm form;
  private final Backend backend;
  private final boolean recorded;

  private FusedRecurrence(RecurrentForm form, Backend backend, boolean recorded) {
    this.form = form;
    this.backend = backend;
    this.recorded = recorded;
  }

  static Recurrence<Tensor> of(Parts parts, RecurrentForm form) {
    boolean recorded = false;
    for (Tensor part : parts.all()) {
      if (part != null) {
        Backends.together(NAME, parts.x(), part);
        recorded |= part.requiresGrad();
      }
    }
    Backend backend = Backends.of(parts.x().device());
    return new FusedRecurrence(form, backend, recorded && GradMode.isEnabled()).forward(parts);
  }

  // ---- steps

  /** What is done for a step: its rows begin at one of all, and are those of some sequences. */
  @FunctionalInterface
  interface Step {
    void run(long at, long size);
  }

  /** In which order steps are walked. */
  enum Sense {
    /** In that in which they are taken. */
    AS_TAKEN,
    /** In the other one. */
    BACK
  }

  static void walk(RecurrentForm form, Sense sense, Step step) {
    List<Long> sizes = form.batchSizes();
    if ((sense == Sense.AS_TAKEN) == (form.way() == Way.FORWARD)) {
      long at = 0;
      for (long size : sizes) {
        step.run(at, size);
        at += size;
      }
      return;
    }
    long at = form.rows();
    for (long size : sizes.reversed()) {
      at -= size;
      step.run(at, size);
    }
  }

  static Strided rows(Strided x, long at, long size) {
    return x.with(x.layout().narrow(0, at, size));
  }

  static @Nullable Strided rowsIfAny(@Nullable Strided x, long at, long size) {
    return x == null ? null : rows(x, at, size);
  }

  // ---- forward

  /** Tensors (rows, width) of which a step has some rows. */
  private Strided made(Tensor like, long rows, long width) {
    return like.data().like(Shape.of(rows, width), like.dtype());
  }

  /** A copy that is written to. */
  private Strided copy(Tensor x) {
    Strided y = x.data().like(x.shape(), x.dtype());
    backend.elements().copy(x.data(), y);
    Reference.reachabilityFence(x);
    return y;
  }

  private static void free(@Nullable Strided x) {
    if (x != null) {
      x.storage().free();
    }
  }

  /** What an input becomes, apart from any record. */
  private static Tensor products(Tensor x, Affine<Tensor> layer) {
    try (var _ = GradMode.disable()) {
      Tensor bias = layer.bias();
      return bias == null
          ? Matrices.product(NAME, x, layer.weight().t())
          : Matrices.linear(NAME, x, layer.weight(), bias);
    }
  }

  private Recurrence<Tensor> forward(Parts given) {
    Cell cell = form.cell();
    Parts parts = given.each(FusedRecurrence::dense, t -> t);
    Tensor gates = products(parts.x(), parts.weights().input());
    Affine<Tensor> layer = parts.weights().state();
    Tensor projection = parts.weights().projection();
    long n = layer.weight().size(0) / cell.gates();
    Strided state = copy(parts.state().hidden());
    Tensor begun = parts.state().cells();
    Strided cells = begun == null ? null : copy(begun);
    Strided output = made(gates, form.rows(), layer.weight().size(1));
    Strided kept = recorded && cell.gates() > 1 ? made(gates, form.rows(), cell.kept() * n) : null;
    Strided products = made(gates, form.sequences(), gates.size(1));
    Strided raw = projection == null ? null : made(gates, form.rows(), n);
    Strided latest = projection == null ? null : made(gates, form.sequences(), n);
    walk(
        form,
        Sense.AS_TAKEN,
        (at, size) -> {
          Strided now = rows(state, 0, size);
          Strided h = rows(products, 0, size);
          multiply(now, layer, h);
          Strided result = rows(raw == null ? output : raw, at, size);
          backend
              .recurrent()
              .step(
                  cell,
                  rows(gates.data(), at, size),
                  h,
                  latest == null ? now : rows(latest, 0, size),
                  rowsIfAny(cells, 0, size),
                  rowsIfAny(kept, at, size),
                  result);
          if (projection != null) {
            backend.matrices().matmul(1, result, turned(projection), 0, now);
            backend.elements().copy(now, rows(output, at, size));
          }
        });
    Reference.reachabilityFence(parts);
    gates.storage().free();
    free(products);
    free(latest);
    Recurrence<Tensor> result =
        new Recurrence<>(
            new Tensor(output),
            new RecurrentState<>(new Tensor(state), cells == null ? null : new Tensor(cells)));
    if (recorded) {
      new RecurrenceRule(form, given, result.output(), kept, raw).record(result);
    } else {
      free(raw);
    }
    return result;
  }

  /** A tensor, or a copy of it, that lies so that products need no copy of it. */
  private static Tensor dense(Tensor x) {
    try (var _ = GradMode.disable()) {
      return Copying.contiguous(x);
    }
  }

  private static Strided turned(Tensor weight) {
    return weight.data().with(weight.layout().transpose(0, 1));
  }

  private void multiply(Strided state, Affine<Tensor> layer, Strided y) {
    Tensor bias = layer.bias();
    if (bias == null) {
      backend.matrices().matmul(1, state, turned(layer.weight()), 0, y);
    } else {
      Strided row = bias.data().with(bias.layout().expand(y.shape()));
      backend.matrices().linear(state, turned(layer.weight()), row, y);
    }
  }
}
