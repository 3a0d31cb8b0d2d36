package dev.chagres.optim;

/**
 * Lets the rates follow half a cosine down to the least one, again and again from the top
 * (Loshchilov and Hutter, 2017).
 */
public final class CosineAnnealingWarmRestarts extends LRScheduler {
  private final long t0;
  private final long tMult;
  private final double etaMin;

  /** Makes a scheduler that goes down to 0 in so many steps each time. */
  public CosineAnnealingWarmRestarts(Optimizer optimizer, long t0) {
    this(optimizer, t0, 1, 0);
  }

  /**
   * Makes a scheduler.
   *
   * @param t0 the number of steps of the first time
   * @param tMult by how much each time is longer than the one before
   * @param etaMin the least rate
   */
  public CosineAnnealingWarmRestarts(Optimizer optimizer, long t0, long tMult, double etaMin) {
    super(optimizer);
    this.t0 = atLeast(1, "the number of steps", t0);
    this.tMult = atLeast(1, "the factor of steps", tMult);
    this.etaMin = finite("the least rate", etaMin);
    start();
  }

  @Override
  double next(int group, double lr) {
    long length = t0;
    long step = lastEpoch();
    if (tMult == 1) {
      step %= t0;
    }
    while (step >= length) {
      step -= length;
      length = Math.multiplyExact(length, tMult);
    }
    return etaMin + (baseLr(group) - etaMin) * (1 + Math.cos(Math.PI * step / length)) / 2;
  }
}
