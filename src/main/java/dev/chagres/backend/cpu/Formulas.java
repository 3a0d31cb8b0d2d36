package dev.chagres.backend.cpu;

import dev.chagres.backend.Formula;
import dev.chagres.backend.FormulaKernels;
import dev.chagres.backend.Strided;
import dev.chagres.backend.cpu.FormulaCalls.Move;
import dev.chagres.backend.cpu.FormulaCode.Call;
import dev.chagres.core.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Formulas, a tile of elements at a time: the kernels run one after the other over rows that stay
 * in the cache, so that memory is read and written once.
 */
final class Formulas implements FormulaKernels {
  /**
   * What a tile may take of the first cache, in bytes, and how many elements it has. From 1024 to
   * 2048 elements took the least time for formulas of three to ten operations; with 8192 they took
   * a quarter longer.
   */
  private static final long CACHE = 48 << 10;

  private static final long LEAST_TILE = 512;
  private static final long MOST_TILE = 2048;

  /** How long work must take to be worth a thread, and an element at least, in nanoseconds. */
  private static final double PIECE_NANOS = 15_000;

  private static final double LEAST_NANOS = 0.1;

  private final WorkerTeam team;
  private final Constants constants;

  Formulas(WorkerTeam team, Constants constants) {
    this.team = team;
    this.constants = constants;
  }

  @Override
  public void evaluate(Formula formula, List<Strided> operands, List<Strided> results) {
    if (results.getFirst().numel() > 0) {
      Prepared prepared = formula.prepared(this, () -> Prepared.of(formula, constants));
      FormulaRun.run(team, prepared, operands, results);
    }
  }

  /**
   * What does not depend on the operands.
   *
   * @param steps the calls in memory, each a {@code struct ch_step}
   * @param tile how many elements a row has
   * @param width how many bytes an element of a row has
   * @param grain how many elements are worth a thread
   */
  record Prepared(FormulaCode code, MemorySegment steps, long tile, long width, long grain) {
    static Prepared of(Formula formula, Constants constants) {
      FormulaCode code = new FormulaCode(formula, constants);
      long rows = (long) code.rows() + formula.operands().size() + formula.results().size();
      long tile = CACHE / (rows * Float.BYTES) / LEAST_TILE * LEAST_TILE;
      long grain = (long) (PIECE_NANOS / Math.max(LEAST_NANOS, code.nanos()));
      return new Prepared(
          code,
          steps(code),
          Math.clamp(tile, LEAST_TILE, MOST_TILE),
          code.places().stream().mapToLong(place -> place.dtype().size()).max().orElse(0)
                  > Float.BYTES
              ? Double.BYTES
              : Float.BYTES,
          Math.clamp(grain, MOST_TILE, Grain.MOVE));
    }

    private static MemorySegment steps(FormulaCode code) {
      long words = (long) FormulaCalls.STEP_WORDS * code.calls().size();
      MemorySegment memory = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG, words);
      FormulaCalls.Words steps = new FormulaCalls.Words(memory);
      for (Call call : code.calls()) {
        boolean isCast = call.move() == Move.CAST;
        DType to = code.places().get(call.to()).dtype();
        steps.add(call.move().code());
        steps.add(isCast ? call.source().ordinal() : call.op());
        steps.add(isCast ? to.ordinal() : call.source().ordinal());
        steps.add(call.to());
        for (int i = 0; i < 3; i++) {
          steps.add(i < call.from().size() ? call.from().get(i) : 0);
        }
        steps.add(call.number().longValue());
        steps.add(Double.doubleToRawLongBits(call.number().doubleValue()));
      }
      return memory;
    }
  }
}
