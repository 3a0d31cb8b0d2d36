package dev.chagres.optim;

/** Multiplies the rates by a factor at every step. */
public final class ExponentialLR extends LRScheduler {
  private final double gamma;

  /** Makes a scheduler. */
  public ExponentialLR(Optimizer optimizer, double gamma) {
    super(optimizer);
    this.gamma = finite("the factor", gamma);
    start();
  }

  @Override
  double next(int group, double lr) {
    return lastEpoch() == 0 ? lr : lr * gamma;
  }

  @Override
  double direct(int group) {
    return baseLr(group) * Math.pow(gamma, (double) lastEpoch());
  }
}
