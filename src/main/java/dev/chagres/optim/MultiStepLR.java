package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import java.util.List;

/** Multiplies the rates by a factor at given steps, once for each time that a step is named. */
public final class MultiStepLR extends LRScheduler {
  private final List<Long> milestones;
  private final double gamma;

  /** Makes a scheduler with PyTorch's factor, 0.1. */
  public MultiStepLR(Optimizer optimizer, List<? extends Number> milestones) {
    this(optimizer, milestones, 0.1);
  }

  /** Makes a scheduler. */
  public MultiStepLR(Optimizer optimizer, List<? extends Number> milestones, double gamma) {
    super(optimizer);
    given("MultiStepLR", "milestones", milestones);
    this.milestones =
        each("MultiStepLR", "a milestone", milestones).stream().map(Number::longValue).toList();
    this.gamma = finite("the factor", gamma);
    start();
  }

  @Override
  double next(int group, double lr) {
    long times = milestones.stream().filter(m -> m == lastEpoch()).count();
    return times == 0 ? lr : lr * Math.pow(gamma, (double) times);
  }

  @Override
  double direct(int group) {
    long times = milestones.stream().filter(m -> m <= lastEpoch()).count();
    return baseLr(group) * Math.pow(gamma, (double) times);
  }
}
