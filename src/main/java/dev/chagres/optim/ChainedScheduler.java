package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** Steps several schedulers of one optimizer, one after the other: their effects multiply. */
public final class ChainedScheduler extends LRScheduler {
  private final List<LRScheduler> schedulers;

  /**
   * Makes a scheduler of those, which go on from where they are.
   *
   * @throws IllegalArgumentException if there are none, or they are of different optimizers
   */
  public ChainedScheduler(List<? extends LRScheduler> schedulers) {
    super(common("ChainedScheduler", schedulers));
    this.schedulers = List.copyOf(schedulers);
    count(0);
  }

  /** Returns the optimizer that all have. */
  static Optimizer common(String name, List<? extends LRScheduler> schedulers) {
    each(name, "a scheduler", given(name, "schedulers", schedulers));
    if (schedulers.isEmpty()) {
      throw new IllegalArgumentException(name + ": there is no scheduler");
    }
    Optimizer optimizer = schedulers.getFirst().optimizer();
    for (LRScheduler scheduler : schedulers) {
      if (!scheduler.optimizer().equals(optimizer)) {
        throw new IllegalArgumentException(
            name + ": the " + scheduler.name() + " is of another optimizer than the first one");
      }
    }
    return optimizer;
  }

  @Override
  public void step() {
    schedulers.forEach(LRScheduler::step);
    count(lastEpoch() + 1);
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
    saveAll(schedulers, prefix, into);
  }

  @Override
  void load(String prefix, Map<String, Tensor> rest, List<Runnable> changes) {
    super.load(prefix, rest, changes);
    loadAll(schedulers, prefix, rest, changes);
  }

  static void saveAll(List<LRScheduler> schedulers, String prefix, Map<String, Tensor> into) {
    for (int i = 0; i < schedulers.size(); i++) {
      schedulers.get(i).save(prefix + "_schedulers." + i + ".", into);
    }
  }

  static void loadAll(
      List<LRScheduler> schedulers,
      String prefix,
      Map<String, Tensor> rest,
      List<Runnable> changes) {
    for (int i = 0; i < schedulers.size(); i++) {
      schedulers.get(i).load(prefix + "_schedulers." + i + ".", rest, changes);
    }
  }
}
