package dev.chagres.optim;

import java.util.List;
import java.util.function.LongToDoubleFunction;

/** Multiplies the rates by a function's value of the step, from step 1 on. */
public final class MultiplicativeLR extends FunctionLR {
  /** Makes a scheduler with one function for all groups. */
  public MultiplicativeLR(Optimizer optimizer, LongToDoubleFunction function) {
    super("MultiplicativeLR", optimizer, function);
  }

  /**
   * Makes a scheduler with a function for each group.
   *
   * @throws IllegalArgumentException if there are more or fewer
   */
  public MultiplicativeLR(Optimizer optimizer, List<? extends LongToDoubleFunction> functions) {
    super("MultiplicativeLR", optimizer, functions);
  }

  @Override
  double next(int group, double lr) {
    return lastEpoch() == 0 ? lr : lr * value(group);
  }
}
