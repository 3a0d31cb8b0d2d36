package dev.chagres.optim;

import java.util.List;
import java.util.function.LongToDoubleFunction;

/** Multiplies the rates to begin with by a function's value of the step. */
public final class LambdaLR extends FunctionLR {
  /** Makes a scheduler with one function for all groups. */
  public LambdaLR(Optimizer optimizer, LongToDoubleFunction function) {
    super("LambdaLR", optimizer, function);
  }

  /**
   * Makes a scheduler with a function for each group.
   *
   * @throws IllegalArgumentException if there are more or fewer
   */
  public LambdaLR(Optimizer optimizer, List<? extends LongToDoubleFunction> functions) {
    super("LambdaLR", optimizer, functions);
  }

  @Override
  double next(int group, double lr) {
    return baseLr(group) * value(group);
  }
}
