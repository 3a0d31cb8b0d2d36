package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import java.util.Collections;
import java.util.List;
import java.util.function.LongToDoubleFunction;

/** What schedulers by functions of the step have in common: one for each group. */
abstract sealed class FunctionLR extends LRScheduler permits LambdaLR, MultiplicativeLR {
  private final List<LongToDoubleFunction> functions;

  FunctionLR(Optimizer optimizer, LongToDoubleFunction function) {
    super(optimizer);
    this.functions = Collections.nCopies(groups(), given(name(), "function", function));
    start();
  }

  FunctionLR(Optimizer optimizer, List<? extends LongToDoubleFunction> functions) {
    super(optimizer);
    this.functions = List.copyOf(each(name(), "a function", given(name(), "functions", functions)));
    if (functions.size() != groups()) {
      throw new IllegalArgumentException(
          name() + ": " + functions.size() + " functions for " + groups() + " groups");
    }
    start();
  }

  /** Returns the value of a group's function for the step. */
  final double value(int group) {
    return functions.get(group).applyAsDouble(lastEpoch());
  }
}
