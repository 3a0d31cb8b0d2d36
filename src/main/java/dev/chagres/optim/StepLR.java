package dev.chagres.optim;

/** Multiplies the rates by a factor at every so many steps. */
public final class StepLR extends LRScheduler {
  private final long stepSize;
  private final double gamma;

  /** Makes a scheduler with PyTorch's factor, 0.1. */
  public StepLR(Optimizer optimizer, long stepSize) {
    this(optimizer, stepSize, 0.1);
  }

  /**
   * Makes a scheduler.
   *
   * @throws IllegalArgumentException if it would be at less than every step
   */
  public StepLR(Optimizer optimizer, long stepSize, double gamma) {
    super(optimizer);
    this.stepSize = atLeast(1, "the distance of steps", stepSize);
    this.gamma = finite("the factor", gamma);
    start();
  }

  @Override
  double next(int group, double lr) {
    return lastEpoch() == 0 || lastEpoch() % stepSize != 0 ? lr : lr * gamma;
  }

  @Override
  double direct(int group) {
    long times = lastEpoch() / stepSize;
    return baseLr(group) * Math.pow(gamma, (double) times);
  }
}
