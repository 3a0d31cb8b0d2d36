package dev.chagres.optim;

/**
 * Lets the rates follow half a cosine down to the least one in so many steps, and on from there
 * (Loshchilov and Hutter, 2017).
 */
public final class CosineAnnealingLR extends LRScheduler {
  private final long tMax;
  private final double etaMin;

  /** Makes a scheduler that goes down to 0. */
  public CosineAnnealingLR(Optimizer optimizer, long tMax) {
    this(optimizer, tMax, 0);
  }

  /**
   * Makes a scheduler.
   *
   * @param tMax the number of steps down
   * @param etaMin the least rate
   */
  public CosineAnnealingLR(Optimizer optimizer, long tMax, double etaMin) {
    super(optimizer);
    this.tMax = atLeast(1, "the number of steps", tMax);
    this.etaMin = finite("the least rate", etaMin);
    start();
  }

  @Override
  double next(int group, double lr) {
    long epoch = lastEpoch();
    if (epoch == 0) {
      return lr;
    }
    if (Math.floorMod(epoch - 1 - tMax, 2 * tMax) == 0) {
      return lr + (baseLr(group) - etaMin) * (1 - Math.cos(Math.PI / tMax)) / 2;
    }
    return raised(epoch) / raised(epoch - 1) * (lr - etaMin) + etaMin;
  }

  @Override
  double direct(int group) {
    return etaMin + (baseLr(group) - etaMin) * raised(lastEpoch()) / 2;
  }

  private double raised(long epoch) {
    return 1 + Math.cos(Math.PI * epoch / tMax);
  }
}
