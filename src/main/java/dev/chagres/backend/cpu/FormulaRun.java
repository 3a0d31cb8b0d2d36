package dev.chagres.backend.cpu;

import dev.chagres.backend.Axes;
import dev.chagres.backend.ElementwiseOp;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.backend.cpu.FormulaCalls.Walk;
import dev.chagres.backend.cpu.FormulaCalls.Words;
import dev.chagres.backend.cpu.FormulaCode.Place;
import dev.chagres.backend.cpu.Formulas.Prepared;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One run of a formula over operands that are where they are. */
final class FormulaRun {
  /** Rows begin at cache lines: elements have four bytes or eight there. */
  private static final long ALIGNMENT = 16;

  /** A tile that is cut short has so many elements at least, and there are so few of them. */
  private static final long SHORTEST = 240;

  private static final long FEW = 4;

  /** For formulas that gather nothing. */
  private static final Axes NO_AXES = Axes.of(new long[] {1}, new long[] {1});

  /** What a single number takes of a thread's memory. */
  private static final long NUMBER_BYTES = Double.BYTES;

  private final Prepared prepared;
  private final FormulaCode code;
  private final List<Strided> operands;
  private final List<Strided> results;
  private final List<Strided> gathered = new ArrayList<>();
  private final Axes axes;
  private final long n;
  private final long tile;

  private FormulaRun(Prepared prepared, List<Strided> operands, List<Strided> results) {
    this.prepared = prepared;
    this.code = prepared.code();
    this.operands = operands;
    this.results = results;
    n = results.getFirst().numel();
    for (Strided operand : operands) {
      if (Elementwise.step(operand) == Elementwise.LOOPS) {
        gathered.add(operand);
      }
    }
    axes = axes();
    tile = tile();
  }

  /** The axes of what is gathered, in the order of the results. */
  private Axes axes() {
    if (gathered.isEmpty()) {
      return NO_AXES;
    }
    Layout[] layouts = new Layout[gathered.size() + 1];
    Arrays.setAll(
        layouts, i -> (i < gathered.size() ? gathered.get(i) : results.getFirst()).layout());
    return Axes.of(layouts);
  }

  /** Of few elements a tile may be shorter, so that its rows are a scratch that costs nothing. */
  private long tile() {
    long whole = Math.min(prepared.tile(), aligned(n));
    long rows = code.rows() + (long) gathered.size();
    long room = Scratch.SMALL - (code.numbers() + 1) * NUMBER_BYTES;
    if (rows == 0 || rows * whole * prepared.width() <= room) {
      return whole;
    }
    long most = room / (rows * prepared.width()) / ALIGNMENT * ALIGNMENT;
    boolean fits = most >= SHORTEST && n <= FEW * most;
    return fits ? aligned(Math.ceilDiv(n, Math.ceilDiv(n, most))) : whole;
  }

  private static long aligned(long elements) {
    return Math.ceilDiv(elements, ALIGNMENT) * ALIGNMENT;
  }

  static void run(
      WorkerTeam team, Prepared prepared, List<Strided> operands, List<Strided> results) {
    new FormulaRun(prepared, operands, results).run(team);
  }

  private void run(WorkerTeam team) {
    long values = FormulaCalls.FORMULA_WORDS;
    long dims = values + (long) FormulaCalls.VALUE_WORDS * code.places().size();
    long words = dims + (1L + gathered.size()) * axes.rank();
    try (Scratch scratch = Scratch.take(words * Long.BYTES)) {
      Words struct = new Words(scratch.segment());
      struct.add(code.places().size());
      struct.add(code.calls().size());
      struct.add(code.once());
      struct.add(tile);
      struct.add(axes.rank());
      struct.add(struct.address(values));
      struct.add(prepared.steps().address());
      struct.add(struct.address(dims));
      describePlaces(struct);
      for (int axis = 0; axis < axes.rank(); axis++) {
        struct.add(axes.size(axis));
      }
      for (int operand = 0; operand < gathered.size(); operand++) {
        for (int axis = 0; axis < axes.rank(); axis++) {
          struct.add(axes.stride(operand, axis));
        }
      }
      team.run(n, prepared.grain(), (from, to) -> run(struct.memory(), from, to - from));
    } finally {
      Reference.reachabilityFence(prepared);
      Reference.reachabilityFence(operands);
      Reference.reachabilityFence(results);
    }
  }

  private void run(MemorySegment struct, long from, long count) {
    long status = number(code.numbers());
    try (Scratch room = Scratch.take(status + NUMBER_BYTES)) {
      int failed = FormulaCalls.run(struct, from, count, room.segment(), status);
      if (failed >= 0) {
        throw divisionByZero(failed);
      }
    }
  }

  private ArithmeticException divisionByZero(int call) {
    ElementwiseOp op = FormulaCode.operation(code.calls().get(call));
    DType dtype = code.calls().get(call).source();
    return new ArithmeticException(
        "%s: integer division by zero, %s of shape %s"
            .formatted(op == null ? "fused" : op.methodName(), dtype, results.getFirst().shape()));
  }

  // ---- the struct

  /** Returns where a row begins in a thread's memory; behind the last one the numbers do. */
  private long row(int index) {
    return index * tile * prepared.width();
  }

  private long number(int index) {
    return row(code.rows() + gathered.size()) + index * NUMBER_BYTES;
  }

  private void describePlaces(Words struct) {
    int gathers = 0;
    for (Place place : code.places()) {
      int index = place.index();
      switch (place.kind()) {
        case OPERAND -> {
          Strided operand = operands.get(index);
          long step = Elementwise.step(operand);
          if (step == Elementwise.LOOPS) {
            gathers++;
            struct.add(Walk.GATHERED, operand);
            struct.add(row(code.rows() + gathers - 1));
            struct.add((long) gathers * axes.rank());
          } else {
            memory(struct, step == 0 ? Walk.HELD : Walk.MOVING, operand);
          }
        }
        case CONSTANT -> memory(struct, Walk.HELD, code.constants().get(index));
        case RESULT -> memory(struct, Walk.MOVING, results.get(index));
        case ROW -> scratch(struct, Walk.ROW, place.dtype(), row(index));
        case NUMBER -> scratch(struct, Walk.NUMBER, place.dtype(), number(index));
      }
    }
  }

  private static void memory(Words struct, Walk walk, Strided memory) {
    struct.add(walk, memory);
    struct.add(0);
    struct.add(0);
  }

  private static void scratch(Words struct, Walk walk, DType dtype, long at) {
    struct.add(walk.code());
    struct.add(dtype.size());
    struct.add(0);
    struct.add(at);
    struct.add(0);
  }
}
