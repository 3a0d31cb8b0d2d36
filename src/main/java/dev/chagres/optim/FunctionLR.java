package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import java.util.Collections;
import java.util.List;
import java.util.function.LongToDoubleFunction;

/** What schedulers by functions of the step have in common: one for each group. */
abstract sealed class FunctionLR extends LRScheduler permits LambdaLR, MultiplicativeLR {
  private final List<LongToDoubleFunction> functions;

  FunctionLR(String name, Optimizer optimizer, LongToDoubleFunction function) {
    given(name, "function", function);
    super(optimizer);
    this.functions = Collections.nCopies(groups(), function);
    start();
  }

  /** Looks at the functions first: a scheduler that is refused leaves the optimizer as it is. */
  FunctionLR(String name, Optimizer optimizer, List<? extends LongToDoubleFunction> functions) {
    each(name, "a function", given(name, "functions", functions));
    int groups = given(name, "optimizer", optimizer).groups().size();
    if (functions.size() != groups) {
      throw new IllegalArgumentException(
          name + ": " + functions.size() + " functions for " + groups + " groups");
    }
    super(optimizer);
    this.functions = List.copyOf(functions);
    start();
  }

  /** Returns the value of a group's function for the step. */
  final double value(int group) {
    return functions.get(group).applyAsDouble(lastEpoch());
  }
}
