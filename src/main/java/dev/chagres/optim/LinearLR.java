package dev.chagres.optim;

/**
 * Multiplies the rates by a factor that goes from one to another in equal parts, and stays there: a
 * warm-up.
 */
public final class LinearLR extends LRScheduler {
  private final double startFactor;
  private final double endFactor;
  private final long totalIters;

  /** Makes a scheduler with PyTorch's defaults: from a third to 1 in 5 steps. */
  public LinearLR(Optimizer optimizer) {
    this(optimizer, 1.0 / 3, 1, 5);
  }

  /** Makes a scheduler that goes from a factor to 1. */
  public LinearLR(Optimizer optimizer, double startFactor, long totalIters) {
    this(optimizer, startFactor, 1, totalIters);
  }

  /**
   * Makes a scheduler.
   *
   * @param startFactor above 0, at most 1
   * @param endFactor from 0 to 1
   * @param totalIters in how many steps
   */
  public LinearLR(Optimizer optimizer, double startFactor, double endFactor, long totalIters) {
    super(optimizer);
    this.startFactor = factor("the first factor", startFactor);
    if (startFactor == 0) {
      throw new IllegalArgumentException(
          "LinearLR: the first factor is 0, from which nothing grows");
    }
    this.endFactor = factor("the last factor", endFactor);
    this.totalIters = atLeast(0, "the number of steps", totalIters);
    start();
  }

  @Override
  double next(int group, double lr) {
    if (lastEpoch() == 0) {
      return lr * startFactor;
    }
    if (lastEpoch() > totalIters) {
      return lr;
    }
    double growth = endFactor - startFactor;
    return lr * (1 + growth / (totalIters * startFactor + (lastEpoch() - 1) * growth));
  }

  @Override
  double direct(int group) {
    double growth = endFactor - startFactor;
    double steps = Math.min(totalIters, lastEpoch());
    double grown = totalIters == 0 ? growth : growth * steps / totalIters;
    return baseLr(group) * (startFactor + grown);
  }
}
