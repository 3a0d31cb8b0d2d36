package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import java.util.Collections;
import java.util.List;
import java.util.function.LongToDoubleFunction;

/** Multiplies the rates to begin with by a function's value of the step. */
public final class LambdaLR extends LRScheduler {
  private final List<LongToDoubleFunction> functions;

  /** Makes a scheduler with one function for all groups. */
  public LambdaLR(Optimizer optimizer, LongToDoubleFunction function) {
    given("LambdaLR", "function", function);
    super(optimizer);
    this.functions = Collections.nCopies(groups(), function);
    start();
  }

  /**
   * Makes a scheduler with a function for each group.
   *
   * @throws IllegalArgumentException if there are more or fewer
   */
  public LambdaLR(Optimizer optimizer, List<? extends LongToDoubleFunction> functions) {
    each("LambdaLR", "a function", given("LambdaLR", "functions", functions));
    super(optimizer);
    this.functions = List.copyOf(functions);
    if (functions.size() != groups()) {
      throw new IllegalArgumentException(
          "LambdaLR: " + functions.size() + " functions for " + groups() + " groups");
    }
    start();
  }

  @Override
  double next(int group, double lr) {
    return baseLr(group) * functions.get(group).applyAsDouble(lastEpoch());
  }
}
