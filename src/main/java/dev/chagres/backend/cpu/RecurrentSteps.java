package dev.chagres.backend.cpu;

import dev.chagres.backend.RecurrentKernels;
import dev.chagres.backend.Strided;
import dev.chagres.primitive.RecurrentForm.Cell;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Steps of recurrent layers in float32 and float64; rows are shared out. */
final class RecurrentSteps implements RecurrentKernels {
  /** Numbers of a state, each of some functions of the exponential, that are worth a thread. */
  private static final long GRAIN = 1 << 11;

  private final WorkerTeam team;

  RecurrentSteps(WorkerTeam team) {
    this.team = team;
  }

  /** Some rows of a state. */
  private record Rows(Strided state) {
    long n() {
      return state.layout().size(1);
    }

    void share(WorkerTeam team, WorkerTeam.RangeTask task) {
      if (state.numel() > 0) {
        team.run(state.layout().size(0), Grain.positions(GRAIN, n()), task);
      }
    }

    /** What an array with so many numbers for each of the state has from a row on. */
    MemorySegment from(MemorySegment x, long row, int times) {
      return x.address() == 0 ? x : x.asSlice(row * times * n() * state.dtype().size());
    }
  }

  @Override
  public void step(
      Cell cell,
      Strided x,
      Strided h,
      Strided state,
      @Nullable Strided cells,
      @Nullable Strided kept,
      Strided y) {
    Rows rows = new Rows(state);
    MemorySegment px = x.pointer();
    MemorySegment ph = h.pointer();
    MemorySegment ps = state.pointer();
    MemorySegment pc = orNull(cells);
    MemorySegment pk = orNull(kept);
    MemorySegment py = y.pointer();
    rows.share(
        team,
        (from, to) ->
            RecurrentCalls.step(
                cell,
                state.dtype(),
                to - from,
                rows.n(),
                rows.from(px, from, cell.gates()),
                rows.from(ph, from, cell.gates()),
                rows.from(ps, from, 1),
                rows.from(pc, from, 1),
                rows.from(pk, from, cell.kept()),
                rows.from(py, from, 1)));
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
    Rows rows = new Rows(gstate);
    MemorySegment pg = orNull(g);
    MemorySegment pk = kept.pointer();
    MemorySegment ps = gstate.pointer();
    MemorySegment pc = orNull(gcells);
    MemorySegment px = gx.pointer();
    MemorySegment ph = orNull(gh);
    rows.share(
        team,
        (from, to) ->
            RecurrentCalls.stepBackward(
                cell,
                gstate.dtype(),
                to - from,
                rows.n(),
                rows.from(pg, from, 1),
                rows.from(pk, from, cell.kept()),
                rows.from(ps, from, 1),
                rows.from(pc, from, 1),
                rows.from(px, from, cell.gates()),
                rows.from(ph, from, cell.gates())));
  }

  private static MemorySegment orNull(@Nullable Strided operand) {
    return operand == null ? MemorySegment.NULL : operand.pointer();
  }
}
