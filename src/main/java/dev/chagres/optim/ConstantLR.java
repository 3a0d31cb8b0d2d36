package dev.chagres.optim;

/** Multiplies the rates by a factor for the first steps; after a factor of 0 they begin anew. */
public final class ConstantLR extends LRScheduler {
  private final double factor;
  private final long totalIters;

  /** Makes a scheduler with PyTorch's defaults: a third for 5 steps. */
  public ConstantLR(Optimizer optimizer) {
    this(optimizer, 1.0 / 3, 5);
  }

  /**
   * Makes a scheduler.
   *
   * @param factor from 0 to 1
   * @param totalIters for how many steps
   */
  public ConstantLR(Optimizer optimizer, double factor, long totalIters) {
    super(optimizer);
    this.factor = factor("the factor", factor);
    this.totalIters = atLeast(0, "the number of steps", totalIters);
    start();
  }

  @Override
  double next(int group, double lr) {
    if (lastEpoch() == 0) {
      return lr * factor;
    }
    if (lastEpoch() != totalIters) {
      return lr;
    }
    return factor == 0 ? baseLr(group) : lr * (1 / factor);
  }

  @Override
  double direct(int group) {
    return baseLr(group) * (factor + (lastEpoch() >= totalIters ? 1 : 0) * (1 - factor));
  }
}
