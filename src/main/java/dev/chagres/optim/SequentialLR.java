package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * Lets one scheduler follow another: at a milestone the next one begins with its step 0.
 *
 * <pre>{@code
 * var warmUp = new LinearLR(optimizer, 0.01, 500);
 * var decay = new CosineAnnealingLR(optimizer, 10_000);
 * var scheduler = new SequentialLR(List.of(warmUp, decay), List.of(500));
 * }</pre>
 */
public final class SequentialLR extends LRScheduler {
  private final List<LRScheduler> schedulers;
  private final List<Long> milestones;

  /**
   * Makes a scheduler of others, which it sets back.
   *
   * @param schedulers of one optimizer; only the first may be made of several itself
   * @param milestones the steps at which the second, third … begins, in order
   * @throws IllegalArgumentException if the schedulers are none or of different optimizers, or the
   *     milestones are not one fewer, or not in order
   */
  public SequentialLR(List<? extends LRScheduler> schedulers, List<? extends Number> milestones) {
    given("SequentialLR", "milestones", milestones);
    each("SequentialLR", "a milestone", milestones);
    super(ChainedScheduler.common("SequentialLR", schedulers));
    this.schedulers = List.copyOf(schedulers);
    this.milestones = milestones.stream().map(Number::longValue).toList();
    if (milestones.size() != schedulers.size() - 1) {
      throw new IllegalArgumentException(
          "SequentialLR: "
              + milestones.size()
              + " milestones for "
              + schedulers.size()
              + " schedulers, which need one fewer");
    }
    for (int i = 1; i < schedulers.size(); i++) {
      if (schedulers.get(i) instanceof SequentialLR
          || schedulers.get(i) instanceof ChainedScheduler) {
        throw new IllegalArgumentException(
            "SequentialLR: a "
                + schedulers.get(i).name()
                + " can only be the first, as its step 0 is not known by itself");
      }
      if (i > 1 && this.milestones.get(i - 1) < this.milestones.get(i - 2)) {
        throw new IllegalArgumentException(
            "SequentialLR: the milestones " + milestones + " are not in order");
      }
    }
    for (int g = 0; g < groups(); g++) {
      group(g).setLr(group(g).initialLr());
    }
    this.schedulers.forEach(LRScheduler::undo);
    this.schedulers.get(at(0)).step();
    count(0);
  }

  /** Returns which scheduler's turn it is. */
  private int at(long epoch) {
    return (int) milestones.stream().filter(m -> m <= epoch).count();
  }

  @Override
  public void step() {
    long epoch = lastEpoch() + 1;
    int at = at(epoch);
    LRScheduler scheduler = schedulers.get(at);
    if (at > 0 && milestones.get(at - 1) == epoch) {
      scheduler.restart();
    } else {
      scheduler.step();
    }
    count(epoch);
  }

  @Override
  double next(int group, double lr) {
    return lr; // the others have set it
  }

  @Override
  void undo() {
    super.undo();
    schedulers.forEach(LRScheduler::undo);
  }

  @Override
  void save(String prefix, Map<String, Tensor> into) {
    super.save(prefix, into);
    ChainedScheduler.saveAll(schedulers, prefix, into);
  }

  @Override
  void load(String prefix, Map<String, Tensor> rest, List<Runnable> changes) {
    super.load(prefix, rest, changes);
    ChainedScheduler.loadAll(schedulers, prefix, rest, changes);
  }
}
