package dev.chagres.backend.cpu;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.ElementwiseOp;
import dev.chagres.backend.Formula;
import dev.chagres.backend.Formula.Action;
import dev.chagres.backend.Formula.Step;
import dev.chagres.backend.Strided;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.backend.cpu.FormulaCalls.Move;
import dev.chagres.core.DType;
import dev.chagres.primitive.Halves;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A formula as calls of kernels for a row of elements each. What is computed in float32 has its
 * casts here. A row is used again as soon as nobody needs its value any more, so that few of them
 * stay in the cache.
 */
final class FormulaCode {
  /** What holds a value. */
  enum Kind {
    /** The memory of an operand. */
    OPERAND,
    /** A constant. */
    CONSTANT,
    /** The memory of a result. */
    RESULT,
    /** A row of elements between two calls. */
    ROW,
    /** A single number between two calls. */
    NUMBER
  }

  /** Where a value is: in which of the operands, the constants, the results … */
  record Place(Kind kind, int index, DType dtype) {}

  /**
   * One call of a kernel: from places to a place, by their numbers.
   *
   * @param source the dtype that the kernel reads
   * @param step of the formula that it is for; null for a cast between
   */
  record Call(
      Move move,
      int op,
      Number number,
      DType source,
      List<Integer> from,
      int to,
      @Nullable Step step) {}

  private final Formula formula;
  private final Constants cache;
  private final List<Place> places = new ArrayList<>();
  private final Map<Place, Integer> numbered = new HashMap<>();
  private final List<Strided> constants = new ArrayList<>();
  private final List<Call> once = new ArrayList<>();
  private final List<Call> each = new ArrayList<>();
  private final List<Call> calls;
  private final int[] at;
  private final int[] uses;
  private final Deque<Integer> freeRows = new ArrayDeque<>();
  private int rows;
  private int numbers;

  FormulaCode(Formula formula, Constants cache) {
    this.formula = formula;
    this.cache = cache;
    at = new int[formula.values()];
    uses = new int[formula.values()];
    for (Step step : formula.steps()) {
      step.arguments().forEach(argument -> uses[argument]++);
    }
    int operands = formula.operands().size();
    for (int value = 0; value < at.length; value++) {
      if (value < operands) {
        at[value] = place(Kind.OPERAND, value, formula.dtype(value));
      } else {
        make(value, formula.step(value));
      }
      store(value);
    }
    calls = Stream.concat(once.stream(), each.stream()).toList();
  }

  List<Place> places() {
    return places;
  }

  List<Strided> constants() {
    return constants;
  }

  /** Returns the calls in their order. */
  List<Call> calls() {
    return calls;
  }

  /** Returns how many of them, the first ones, are for single numbers. */
  int once() {
    return once.size();
  }

  int rows() {
    return rows;
  }

  int numbers() {
    return numbers;
  }

  private DType dtypeAt(int place) {
    return places.get(place).dtype();
  }

  // ---- places

  private int place(Kind kind, int index, DType dtype) {
    return numbered.computeIfAbsent(
        new Place(kind, index, dtype),
        made -> {
          places.add(made);
          return places.size() - 1;
        });
  }

  /** Returns a new place for a value, or for one on the way to it. */
  private int room(int value, DType dtype) {
    if (formula.isNumber(value)) {
      return place(Kind.NUMBER, numbers++, dtype);
    }
    Integer row = freeRows.poll();
    return place(Kind.ROW, row == null ? rows++ : row, dtype);
  }

  private void vacate(int place) {
    Place left = places.get(place);
    if (left.kind == Kind.ROW) {
      freeRows.push(left.index);
    }
  }

  /** One use of a value is over. */
  private void release(int value) {
    if (--uses[value] == 0) {
      vacate(at[value]);
    }
  }

  /** Returns where a value is as it is computed with. */
  private int read(int value) {
    DType dtype = dtypeAt(at[value]);
    if (Halves.isHalf(dtype)) {
      int wide = room(value, DType.FLOAT32);
      cast(value, at[value], wide);
      at[value] = wide;
    }
    return at[value];
  }

  // ---- calls

  private void emit(int value, Call call) {
    (formula.isNumber(value) ? once : each).add(call);
  }

  private void cast(int value, int from, int to) {
    emit(value, castOf(from, to));
  }

  private Call castOf(int from, int to) {
    DType source = dtypeAt(from);
    return new Call(Move.CAST, 0, 0, source, List.of(from), to, null);
  }

  private void make(int value, Step step) {
    switch (step.action()) {
      case Action.Constant constant -> at[value] = constant(constant.number(), step.dtype());
      case Action.Cast _ -> convert(value, step);
      case Action.Where _ -> call(value, step, Move.WHERE, 0, 0);
      case Action.Apply(UnaryOp op, Number number) ->
          call(value, step, Move.UNARY, op.ordinal(), number);
      case Action.Apply(BinaryOp op, Number number) -> {
        if (op == BinaryOp.NEXTAFTER && Halves.isHalf(step.dtype())) {
          nextHalf(value, step);
        } else {
          call(value, step, Move.BINARY, op.ordinal(), number);
        }
      }
      case Action.Apply(TernaryOp op, Number number) ->
          call(value, step, Move.TERNARY, op.ordinal(), number);
    }
  }

  private int constant(Number number, DType dtype) {
    Strided constant = cache.get(number, dtype);
    if (Halves.isHalf(dtype)) {
      Strided wide = Constants.converted(constant, DType.FLOAT32);
      constants.add(wide);
    } else {
      constants.add(constant);
    }
    return place(Kind.CONSTANT, constants.size() - 1, Halves.computed(dtype));
  }

  private void call(int value, Step step, Move move, int op, Number number) {
    List<Integer> from = step.arguments().stream().map(this::read).toList();
    int to = target(value, step.arguments());
    int typed = from.get(move == Move.WHERE ? 1 : 0);
    emit(value, new Call(move, op, number, dtypeAt(typed), from, to, step));
    at[value] = to;
  }

  /**
   * Chooses where a value goes: into a result, or into a row, which may be that of an operand of
   * the same dtype that is used for the last time.
   */
  private int target(int value, List<Integer> arguments) {
    DType dtype = Halves.computed(formula.dtype(value));
    int result = formula.results().indexOf(value);
    boolean direct = result >= 0 && !formula.isNumber(value) && dtype == formula.dtype(value);
    List<Integer> others = new ArrayList<>();
    for (int argument : arguments) {
      if (dtypeAt(at[argument]) == dtype) {
        release(argument);
      } else {
        others.add(argument);
      }
    }
    int to = direct ? place(Kind.RESULT, result, dtype) : room(value, dtype);
    others.forEach(this::release);
    return to;
  }

  /** A cast; one to 16 bits rounds what goes on in float32. */
  private void convert(int value, Step step) {
    int argument = step.arguments().getFirst();
    if (!Halves.isHalf(step.dtype())) {
      int from = at[argument];
      int to = target(value, List.of());
      cast(value, from, to);
      release(argument);
      at[value] = to;
      return;
    }
    int from = read(argument);
    int narrow = room(value, step.dtype());
    cast(value, from, narrow);
    release(argument);
    at[value] = room(value, DType.FLOAT32);
    cast(value, narrow, at[value]);
    vacate(narrow);
  }

  /** Neighbours in a 16-bit format, for which there is a kernel, as float32 has others. */
  private void nextHalf(int value, Step step) {
    List<Integer> narrow = new ArrayList<>();
    for (int argument : step.arguments()) {
      int to = room(value, step.dtype());
      cast(value, read(argument), to);
      narrow.add(to);
    }
    step.arguments().forEach(this::release);
    int next = room(value, step.dtype());
    emit(
        value,
        new Call(Move.BINARY, BinaryOp.NEXTAFTER.ordinal(), 0, step.dtype(), narrow, next, step));
    at[value] = room(value, DType.FLOAT32);
    cast(value, next, at[value]);
    narrow.forEach(this::vacate);
    vacate(next);
  }

  /** Writes a value to the results that it is and that it was not made in. */
  private void store(int value) {
    for (int i = 0; i < formula.results().size(); i++) {
      if (formula.results().get(i) == value) {
        int to = place(Kind.RESULT, i, formula.dtype(value));
        if (to != at[value]) {
          each.add(castOf(at[value], to));
        }
      }
    }
    if (uses[value] == 0) {
      vacate(at[value]);
    }
  }

  /** Returns about how long an element takes, in nanoseconds, beside its memory. */
  double nanos() {
    double nanos = 0;
    for (Call call : each) {
      ElementwiseOp op = operation(call);
      nanos +=
          switch (op == null ? ElementwiseOp.Cost.CHEAP : op.cost()) {
            case CHEAP -> 0.1;
            case MEDIUM -> 0.5;
            case COSTLY -> 2;
          };
    }
    return nanos;
  }

  /** Returns the operation that a call is for, or null for a move. */
  static @Nullable ElementwiseOp operation(Call call) {
    return call.step != null && call.step.action() instanceof Action.Apply apply
        ? apply.op()
        : null;
  }
}
