package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import java.util.Collections;
import java.util.List;
import java.util.function.LongToDoubleFunction;

/** Multiplies the rates by a function's value of the step, from step 1 on. */
public final class MultiplicativeLR extends LRScheduler {
  private final List<LongToDoubleFunction> functions;

  /** Makes a scheduler with one function for all groups. */
  public MultiplicativeLR(Optimizer optimizer, LongToDoubleFunction function) {
    given("MultiplicativeLR", "function", function);
    super(optimizer);
    this.functions = Collections.nCopies(groups(), function);
    start();
  }

  /**
   * Makes a scheduler with a function for each group.
   *
   * @throws IllegalArgumentException if there are more or fewer
   */
  public MultiplicativeLR(Optimizer optimizer, List<? extends LongToDoubleFunction> functions) {
    each("MultiplicativeLR", "a function", given("MultiplicativeLR", "functions", functions));
    super(optimizer);
    this.functions = List.copyOf(functions);
    if (functions.size() != groups()) {
      throw new IllegalArgumentException(
          "MultiplicativeLR: " + functions.size() + " functions for " + groups() + " groups");
    }
    start();
  }

  @Override
  double next(int group, double lr) {
    return lastEpoch() == 0 ? lr : lr * functions.get(group).applyAsDouble(lastEpoch());
  }
}
