package dev.chagres.optim;

/** Lets the rates fall to 0 in so many steps, as a power of what is left of these. */
public final class PolynomialLR extends LRScheduler {
  private final long totalIters;
  private final double power;

  /** Makes a scheduler with PyTorch's defaults: 5 steps, and the power 1. */
  public PolynomialLR(Optimizer optimizer) {
    this(optimizer, 5, 1);
  }

  /** Makes a scheduler. */
  public PolynomialLR(Optimizer optimizer, long totalIters, double power) {
    super(optimizer);
    this.totalIters = atLeast(1, "the number of steps", totalIters);
    this.power = finite("the power", power);
    start();
  }

  @Override
  double next(int group, double lr) {
    if (lastEpoch() == 0 || lastEpoch() > totalIters) {
      return lr;
    }
    return lr * Math.pow(left(lastEpoch()) / left(lastEpoch() - 1), power);
  }

  @Override
  double direct(int group) {
    return baseLr(group) * Math.pow(left(Math.min(totalIters, lastEpoch())), power);
  }

  private double left(long steps) {
    return 1 - (double) steps / totalIters;
  }
}
