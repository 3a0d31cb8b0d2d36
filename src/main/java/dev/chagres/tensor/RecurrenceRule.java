package dev.chagres.tensor;

import static dev.chagres.tensor.FusedRecurrence.rows;
import static dev.chagres.tensor.FusedRecurrence.rowsIfAny;

import dev.chagres.autograd.Backward;
import dev.chagres.autograd.Edge;
import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Joint;
import dev.chagres.backend.Backend;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.Strided;
import dev.chagres.core.Shape;
import dev.chagres.primitive.Primitives.Affine;
import dev.chagres.primitive.Primitives.Recurrence;
import dev.chagres.primitive.Primitives.RecurrentState;
import dev.chagres.primitive.Primitives.RecurrentWeights;
import dev.chagres.primitive.RecurrentForm;
import dev.chagres.primitive.RecurrentForm.Cell;
import dev.chagres.primitive.RecurrentForm.Way;
import dev.chagres.tensor.FusedRecurrence.Sense;
import dev.chagres.tensor.Recurrences.Parts;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The gradients of a {@link FusedRecurrence}, and what they need. */
final class RecurrenceRule {
  private static final String NAME = "recurrent";
  private static final String NODE = "RecurrentBackward";

  // The places of Parts.all().
  private static final int X = 0;
  private static final int HIDDEN = 1;
  private static final int CELLS = 2;
  private static final int INPUT_WEIGHT = 3;
  private static final int INPUT_BIAS = 4;
  private static final int STATE_WEIGHT = 5;
  private static final int STATE_BIAS = 6;
  private static final int PROJECTION = 7;

  private final RecurrentForm form;
  private final List<@Nullable Edge<Tensor>> edges = new ArrayList<>();
  private final List<@Nullable Saved> saved = new ArrayList<>();
  private final Saved output;
  private final @Nullable Tensor kept;
  private final @Nullable Tensor raw;

  /**
   * Keeps what is needed.
   *
   * @param kept what the kernels kept; null of cells without gates, of which it is the output
   * @param raw results before they were projected, or null
   */
  RecurrenceRule(
      RecurrentForm form,
      Parts parts,
      Tensor output,
      @Nullable Strided kept,
      @Nullable Strided raw) {
    this.form = form;
    this.output = new Saved(output);
    this.kept = kept == null ? null : new Tensor(kept);
    this.raw = raw == null ? null : new Tensor(raw);
    for (Tensor part : parts.all()) {
      edges.add(part == null ? null : part.edge());
      saved.add(part == null ? null : new Saved(part));
    }
  }

  /** Gives results their history. */
  void record(Recurrence<Tensor> result) {
    Tensor cells = result.state().cells();
    var node =
        new Joint<>(NODE, edges, cells == null ? 2 : 3, Joint.Author.LIBRARY, this::gradients);
    result.output().setHistory(new Edge<>(node, 0));
    result.state().hidden().setHistory(new Edge<>(node, 1));
    if (cells != null) {
      cells.setHistory(new Edge<>(node, 2));
    }
  }

  private @Nullable Tensor part(int number) {
    Saved part = saved.get(number);
    return part == null ? null : part.get();
  }

  private Tensor known(int number) {
    return Objects.requireNonNull(part(number), "always there");
  }

  private boolean wants(int number) {
    return Backward.isWanted(edges.get(number));
  }

  private List<@Nullable Tensor> gradients(List<@Nullable Tensor> arrived) {
    if (arrived.stream().allMatch(Objects::isNull)) {
      return Arrays.asList(new @Nullable Tensor[edges.size()]);
    }
    return GradMode.isEnabled() ? slopes(arrived) : fusedSlopes(arrived);
  }

  // ---- in recorded operations, for those who differentiate them again

  private List<@Nullable Tensor> slopes(List<@Nullable Tensor> arrived) {
    Parts aliases =
        new Parts(
                known(X),
                new RecurrentState<>(known(HIDDEN), part(CELLS)),
                new RecurrentWeights<>(
                    new Affine<>(known(INPUT_WEIGHT), part(INPUT_BIAS)),
                    new Affine<>(known(STATE_WEIGHT), part(STATE_BIAS)),
                    part(PROJECTION)))
            .each(Derivatives::alias, Derivatives::alias);
    Recurrence<Tensor> again = Recurrences.composed(aliases, form);
    List<Tensor> outputs = new ArrayList<>(List.of(again.output(), again.state().hidden()));
    if (again.state().cells() != null) {
      outputs.add(again.state().cells());
    }
    List<@Nullable Tensor> parts = aliases.all();
    List<Edge<Tensor>> targets = new ArrayList<>();
    List<Edge<Tensor>> ends = new ArrayList<>();
    for (int i = 0; i < edges.size(); i++) {
      Tensor alias = parts.get(i);
      if (alias != null && alias.edge() != null) {
        ends.add(alias.edge());
        if (wants(i)) {
          targets.add(alias.edge());
        }
      }
    }
    var found = Autograd.gradientsUpTo(outputs, arrived, targets, ends, true).iterator();
    List<@Nullable Tensor> all = new ArrayList<>();
    for (int i = 0; i < edges.size(); i++) {
      all.add(wants(i) ? found.next() : null);
    }
    return all;
  }

  // ---- by kernels

  /** What arrives at the steps: gradients of their products, and of what began. */
  private record Arrived(
      Tensor gx, Tensor gh, Tensor gstate, @Nullable Tensor gcells, @Nullable Tensor projected) {}

  private List<@Nullable Tensor> fusedSlopes(List<@Nullable Tensor> arrived) {
    Tensor y = output.get();
    Arrived at = steps(arrived, y);
    @Nullable Tensor[] all = new Tensor[edges.size()];
    all[X] = wants(X) ? Matrices.product(NAME, at.gx, known(INPUT_WEIGHT)) : null;
    all[HIDDEN] = wants(HIDDEN) ? at.gstate : null;
    all[CELLS] = wants(CELLS) ? at.gcells : null;
    all[INPUT_WEIGHT] = wants(INPUT_WEIGHT) ? Matrices.product(NAME, at.gx.t(), known(X)) : null;
    all[INPUT_BIAS] = wants(INPUT_BIAS) ? at.gx.sum(0) : null;
    all[STATE_WEIGHT] = wants(STATE_WEIGHT) ? Matrices.product(NAME, at.gh.t(), before(y)) : null;
    all[STATE_BIAS] = wants(STATE_BIAS) ? at.gh.sum(0) : null;
    all[PROJECTION] =
        at.projected != null && raw != null && wants(PROJECTION)
            ? Matrices.product(NAME, at.projected.t(), raw)
            : null;
    return Arrays.asList(all);
  }

  private Arrived steps(List<@Nullable Tensor> arrived, Tensor y) {
    Cell cell = form.cell();
    Backend backend = Backends.of(y.device());
    Tensor weight = Copying.contiguous(known(STATE_WEIGHT));
    Tensor given = part(PROJECTION);
    Tensor projection = given == null ? null : Copying.contiguous(given);
    Tensor ofOutput = arrived.get(0);
    Tensor g = ofOutput == null ? null : Copying.contiguous(ofOutput);
    long width = weight.size(0);
    long n = width / cell.gates();
    Tensor gstate = begun(arrived.get(1), y, y.size(1));
    Tensor gcells = cell == Cell.LSTM ? begun(arrived.get(2), y, n) : null;
    Tensor gx = made(y, form.rows(), width);
    Tensor gh = cell == Cell.GRU ? made(y, form.rows(), width) : gx;
    Tensor projected = projection == null ? null : made(y, form.rows(), y.size(1));
    Tensor ofRaw = projection == null ? null : made(y, form.sequences(), n);
    FusedRecurrence.walk(
        form,
        Sense.BACK,
        (at, size) -> {
          Strided now = rows(gstate.data(), 0, size);
          Strided ofResult = g == null ? null : rows(g.data(), at, size);
          Strided later = now;
          if (projection != null && projected != null && ofRaw != null) {
            Strided sum = rows(projected.data(), at, size);
            add(backend, ofResult, now, sum);
            later = rows(ofRaw.data(), 0, size);
            backend.matrices().matmul(1, sum, projection.data(), 0, later);
            ofResult = null;
          }
          Strided products = rows(gh.data(), at, size);
          backend
              .recurrent()
              .stepBackward(
                  cell,
                  ofResult,
                  rows((kept == null ? y : kept).data(), at, size),
                  later,
                  rowsIfAny(gcells == null ? null : gcells.data(), 0, size),
                  rows(gx.data(), at, size),
                  cell == Cell.GRU ? products : null);
          int past = cell == Cell.GRU ? 1 : 0;
          backend.matrices().matmul(1, products, weight.data(), past, now);
        });
    Reference.reachabilityFence(new @Nullable Tensor[] {g, y, kept, ofRaw, projection, weight});
    return new Arrived(gx, gh, gstate, gcells, projected);
  }

  private static void add(Backend backend, @Nullable Strided a, Strided b, Strided sum) {
    if (a == null) {
      backend.elements().copy(b, sum);
    } else {
      backend.elements().binary(BinaryOp.ADD, a, b, sum);
    }
  }

  private static Tensor made(Tensor like, long rows, long width) {
    return new Tensor(like.data().like(Shape.of(rows, width), like.dtype()));
  }

  /** The gradient of the state that sequences end with, to be written to. */
  private Tensor begun(@Nullable Tensor g, Tensor like, long width) {
    return g == null
        ? Creation.full(like.device(), Shape.of(form.sequences(), width), 0, like.dtype())
        : Copying.copy(g);
  }

  /** The states before all steps, in the order of the steps' rows. */
  private Tensor before(Tensor y) {
    Tensor begin = known(HIDDEN);
    List<Long> sizes = form.batchSizes();
    List<Tensor> parts = new ArrayList<>();
    long at = 0;
    for (int step = 0; step < sizes.size(); step++) {
      long size = sizes.get(step);
      if (form.way() == Way.FORWARD) {
        long last = step == 0 ? size : sizes.get(step - 1);
        parts.add(step == 0 ? begin : y.narrow(0, at - last, size));
      } else {
        long later = step + 1 < sizes.size() ? sizes.get(step + 1) : 0;
        if (later > 0) {
          parts.add(y.narrow(0, at + size, later));
        }
        parts.add(begin.narrow(0, later, size - later));
      }
      at += size;
    }
    return Tensor.cat(parts, 0);
  }
}
