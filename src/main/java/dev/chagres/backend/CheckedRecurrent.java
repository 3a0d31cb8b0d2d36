package dev.chagres.backend;

import static dev.chagres.backend.Operands.changed;
import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.present;

import dev.chagres.core.Shape;
import dev.chagres.primitive.RecurrentForm.Cell;
import org.jspecify.annotations.Nullable;

/** Steps of recurrent layers, with operands that are looked at before. */
record CheckedRecurrent(RecurrentKernels device) implements RecurrentKernels {
  @Override
  public void step(
      Cell cell,
      Strided x,
      Strided h,
      Strided state,
      @Nullable Strided cells,
      @Nullable Strided kept,
      Strided y) {
    boolean agree =
        isState(state)
            && isWritable(state)
            && areRows(x, state, cell.gates())
            && areRows(h, state, cell.gates())
            && (cells == null ? cell != Cell.LSTM : isWrittenLike(cells, state))
            && (kept == null
                || cell.gates() > 1 && areRows(kept, state, cell.kept()) && isWritable(kept))
            && isWrittenLike(y, state);
    if (!agree) {
      throw changed("recurrent", present(x, h, state, cells, kept, y));
    }
    device.step(cell, x, h, state, cells, kept, y);
  }

  @Override
  public void stepBackward(
      Cell cell,
      @Nullable Strided g,
      Strided kept,
      Strided gstate,
      @Nullable Strided gcells,
      Strided gx,
      @Nullable Strided gh) {
    boolean agree =
        isState(gstate)
            && isWritable(gstate)
            && (g == null || areRows(g, gstate, 1))
            && areRows(kept, gstate, cell.kept())
            && (gcells == null ? cell != Cell.LSTM : isWrittenLike(gcells, gstate))
            && areRows(gx, gstate, cell.gates())
            && isWritable(gx)
            && (gh == null
                ? cell != Cell.GRU
                : areRows(gh, gstate, cell.gates()) && isWritable(gh));
    if (!agree) {
      throw changed("recurrent", present(g, kept, gstate, gcells, gx, gh));
    }
    device.stepBackward(cell, g, kept, gstate, gcells, gx, gh);
  }

  private static boolean isState(Strided state) {
    return state.dtype().isFloating() && state.layout().dim() == 2 && isDense(state);
  }

  /** Whether an array has so many numbers for each of a state. */
  private static boolean areRows(Strided x, Strided state, int times) {
    return x.dtype() == state.dtype()
        && x.shape().equals(Shape.of(state.layout().size(0), times * state.layout().size(1)))
        && isDense(x);
  }

  private static boolean isWrittenLike(Strided x, Strided state) {
    return areRows(x, state, 1) && isWritable(x);
  }
}
