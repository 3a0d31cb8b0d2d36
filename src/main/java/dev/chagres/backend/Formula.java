package dev.chagres.backend;

import dev.chagres.core.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Elementwise operations that are done in one pass: each element of the results is computed from
 * those at the same place of the operands. A value is known by its number: first come the operands,
 * then the result of each step, of values before it.
 *
 * <p>Values of 16-bit floating dtypes are float32 between the steps, and rounded where a step casts
 * to their dtype, and at the end.
 */
public final class Formula {
  /** The most operands and results, which a kernel takes as its arguments. */
  public static final int MOST_ARRAYS = 32;

  /** The most steps: what is longer takes long to compile, and gains nothing any more. */
  public static final int MOST_STEPS = 256;

  private final List<Operand> operands;
  private final List<Step> steps;
  private final List<Integer> results;
  private final boolean[] once;
  private final Map<Object, Object> prepared = new ConcurrentHashMap<>();

  /**
   * An operand.
   *
   * @param isNumber whether it is one element, where the results have more
   */
  public record Operand(DType dtype, boolean isNumber) {}

  /** A step, and the numbers of the values that it takes. */
  public record Step(Action action, DType dtype, List<Integer> arguments) {}

  /** What a step does. */
  public sealed interface Action {
    /** An operation, with the number that it may have. */
    record Apply(ElementwiseOp op, Number number) implements Action {}

    /** A number. */
    record Constant(Number number) implements Action {}

    /** The second value where the first is true, else the third. */
    record Where() implements Action {}

    /** A cast to the step's dtype. */
    record Cast() implements Action {}
  }

  /**
   * Makes a formula of what the results need.
   *
   * @throws IllegalArgumentException if it is too long, or has too many operands and results
   */
  public Formula(List<Operand> operands, List<Step> steps, List<Integer> results) {
    this.operands = List.copyOf(operands);
    this.steps = List.copyOf(steps);
    this.results = List.copyOf(results);
    if (steps.size() > MOST_STEPS) {
      throw new IllegalArgumentException(
          "fused: the function has %d steps, more than %d: fuse parts of it"
              .formatted(steps.size(), MOST_STEPS));
    }
    if (operands.size() + results.size() > MOST_ARRAYS) {
      throw new IllegalArgumentException(
          "fused: %d operands and %d results are more than %d"
              .formatted(operands.size(), results.size(), MOST_ARRAYS));
    }
    once = new boolean[operands.size() + steps.size()];
    for (int value = 0; value < once.length; value++) {
      once[value] =
          value < operands.size()
              ? operands.get(value).isNumber
              : step(value).arguments.stream().allMatch(argument -> once[argument]);
    }
  }

  public List<Operand> operands() {
    return operands;
  }

  public List<Step> steps() {
    return steps;
  }

  /** Returns the numbers of the values that are the results. */
  public List<Integer> results() {
    return results;
  }

  /** Returns how many values there are. */
  public int values() {
    return once.length;
  }

  /** Returns the step that makes a value, which is none of the operands. */
  public Step step(int value) {
    return steps.get(value - operands.size());
  }

  public DType dtype(int value) {
    return value < operands.size() ? operands.get(value).dtype : step(value).dtype;
  }

  /** Tells whether a value is one number, where the results have more elements. */
  public boolean isNumber(int value) {
    return once[value];
  }

  /** Returns what somebody made of this formula before, or has it made: it is kept with it. */
  @SuppressWarnings("unchecked") // each owner makes things of one class
  public <T> T prepared(Object owner, Supplier<T> maker) {
    Object found = prepared.get(owner);
    return (T) (found != null ? found : prepared.computeIfAbsent(owner, _ -> maker.get()));
  }

  /** Returns the operations, each with how often it is there: {@code mul*2 sigmoid}. */
  @Override
  public String toString() {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (Step step : steps) {
      String name =
          switch (step.action) {
            case Action.Apply apply -> apply.op.methodName();
            case Action.Constant _ -> "";
            case Action.Where _ -> "where";
            case Action.Cast _ -> "cast";
          };
      if (!name.isEmpty()) {
        counts.merge(name, 1, Integer::sum);
      }
    }
    return counts.entrySet().stream()
        .map(each -> each.getKey() + (each.getValue() > 1 ? "*" + each.getValue() : ""))
        .collect(Collectors.joining(" "));
  }

  /** Makes a formula step by step; a step that was there before is not made again. */
  public static final class Builder {
    private final List<DType> operands;
    private final Map<Step, Integer> numbers = new LinkedHashMap<>();

    /** Begins with operands of these dtypes. */
    public Builder(List<DType> operands) {
      this.operands = List.copyOf(operands);
    }

    /** Adds a step and returns the number of its value. */
    public int add(Action action, DType dtype, Integer... arguments) {
      Step step = new Step(action, dtype, List.of(arguments));
      return numbers.computeIfAbsent(step, _ -> operands.size() + numbers.size());
    }

    /**
     * Returns the formula of what the results need.
     *
     * @param isNumber of each operand, whether it is one element where the results have more
     */
    public Part build(List<Integer> results, List<Boolean> isNumber) {
      List<Step> steps = List.copyOf(numbers.keySet());
      int first = operands.size();
      boolean[] needed = new boolean[first + steps.size()];
      results.forEach(result -> needed[result] = true);
      for (int value = needed.length - 1; value >= first; value--) {
        if (needed[value]) {
          steps.get(value - first).arguments.forEach(argument -> needed[argument] = true);
        }
      }
      Map<Integer, Integer> renumbered = new HashMap<>();
      List<Integer> used = new ArrayList<>();
      List<Operand> kept = new ArrayList<>();
      for (int value = 0; value < first; value++) {
        if (needed[value]) {
          renumbered.put(value, used.size());
          used.add(value);
          kept.add(new Operand(operands.get(value), isNumber.get(value)));
        }
      }
      List<Step> left = new ArrayList<>();
      for (int value = first; value < needed.length; value++) {
        if (needed[value]) {
          Step step = steps.get(value - first);
          renumbered.put(value, used.size() + left.size());
          left.add(new Step(step.action, step.dtype, renumbered(step.arguments, renumbered)));
        }
      }
      return new Part(new Formula(kept, left, renumbered(results, renumbered)), used);
    }

    private static List<Integer> renumbered(List<Integer> values, Map<Integer, Integer> numbers) {
      return values.stream().map(value -> Objects.requireNonNull(numbers.get(value))).toList();
    }
  }

  /** A formula, and which of the operands it needs. */
  public record Part(Formula formula, List<Integer> operands) {}
}
