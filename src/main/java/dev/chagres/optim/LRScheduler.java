package dev.chagres.optim;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.optim.ParameterwiseOptimizer.OptionGroup;
import dev.chagres.tensor.Tensor;
import java.lang.System.Logger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Changes an optimizer's learning rates from step to step, or from epoch to epoch, by PyTorch's
 * rules. A new one sets the rates of its step 0; each {@link #step}, after the optimizer's, sets
 * the next.
 *
 * <pre>{@code
 * var scheduler = new StepLR(optimizer, 30);
 * for (int epoch = 0; epoch < 100; epoch++) {
 *   train();
 *   scheduler.step();
 * }
 * }</pre>
 *
 * <p>Most rules make a rate from the one before, so that several schedulers of one optimizer, or a
 * program that sets rates too, work together. A rule of one's own is a {@link LambdaLR}. What goes
 * by a measured value is {@link ReduceLROnPlateau}.
 */
public abstract sealed class LRScheduler
    permits FunctionLR,
        StepLR,
        MultiStepLR,
        ConstantLR,
        LinearLR,
        ExponentialLR,
        PolynomialLR,
        CosineAnnealingLR,
        CosineAnnealingWarmRestarts,
        CyclicLR,
        OneCycleLR,
        SWALR,
        SequentialLR,
        ChainedScheduler {
  private static final Logger LOGGER = System.getLogger(LRScheduler.class.getName());

  /** Whether it was warned of a step before the optimizer's. */
  private static final AtomicBoolean EARLY = new AtomicBoolean();

  private final Optimizer optimizer;
  private double[] baseLrs;
  private double[] lastLrs;
  private long lastEpoch = -1;

  /**
   * Looks at the rates to begin with and changes nothing; a subclass ends its constructor with
   * {@link #start}, so that one which is refused leaves the optimizer as it is.
   */
  LRScheduler(Optimizer optimizer) {
    this.optimizer = given(name(), "optimizer", optimizer);
    this.baseLrs = optimizer.groups().stream().mapToDouble(g -> own(g).initialLr()).toArray();
    this.lastLrs = rates();
  }

  private static OptionGroup<?> own(Optimizer.Group group) {
    return switch (group) {
      case OptionGroup<?> own -> own;
    };
  }

  final OptionGroup<?> group(int group) {
    return own(optimizer.groups().get(group));
  }

  // ---- what a rule says

  /** Returns the rate of a group at step {@link #lastEpoch} by its rate so far. */
  abstract double next(int group, double lr);

  /** Returns the same without the rate so far, where there is a way. */
  double direct(int group) {
    return next(group, optimizer.groups().get(group).lr());
  }

  // ---- steps

  /** Does step 0, from the rates to begin with as they are. */
  final void start() {
    start(() -> {});
  }

  /** Prepares the groups, keeps the rates to begin with, and does step 0: all of it or nothing. */
  final void start(Runnable preparation) {
    lastEpoch = -1;
    List<Runnable> back = new ArrayList<>();
    for (int g = 0; g < groups(); g++) {
      back.add(group(g).restorer());
    }
    try {
      preparation.run();
      for (int g = 0; g < groups(); g++) {
        group(g).setInitialLr(group(g).initialLr());
      }
      step();
    } catch (Throwable e) {
      back.forEach(Runnable::run);
      throw e;
    }
  }

  /** Sets the rates of the next step. A warning, once, tells if the optimizer took none yet. */
  public void step() {
    if (lastEpoch == 0 && !optimizer.hasStepped() && EARLY.compareAndSet(false, true)) {
      LOGGER.log(
          Logger.Level.WARNING,
          "{0}: step() before the first step() of its {1}, which so never has the first learning"
              + " rate; call optimizer.step() first",
          name(),
          optimizer.name());
    }
    change(lastEpoch + 1, false);
  }

  /** Sets the rates of step 0 whatever they are now. */
  void restart() {
    change(0, true);
  }

  private void change(long epoch, boolean direct) {
    double[] before = ratesOfAll();
    long last = lastEpoch;
    lastEpoch = epoch;
    try {
      double[] after = new double[before.length];
      for (int g = 0; g < after.length; g++) {
        after[g] = direct ? direct(g) : next(g, before[g]);
      }
      setRates(after);
    } catch (Throwable e) {
      lastEpoch = last;
      setRates(before);
      throw e;
    }
    lastLrs = rates();
  }

  private double[] ratesOfAll() {
    double[] rates = rates();
    if (rates.length != baseLrs.length) {
      throw new IllegalStateException(
          name()
              + ": the optimizer has "
              + rates.length
              + " groups, it had "
              + baseLrs.length
              + " when the scheduler was made");
    }
    return rates;
  }

  final double[] rates() {
    return optimizer.groups().stream().mapToDouble(Optimizer.Group::lr).toArray();
  }

  final void setRates(double[] rates) {
    for (int g = 0; g < rates.length; g++) {
      optimizer.groups().get(g).setLr(rates[g]);
    }
  }

  /** Lets the next step be the first. */
  void undo() {
    lastEpoch = -1;
  }

  /** Counts a step whose rates others have set. */
  final void count(long epoch) {
    lastEpoch = epoch;
    lastLrs = rates();
  }

  // ---- what is known

  /** Returns the optimizer. */
  public final Optimizer optimizer() {
    return optimizer;
  }

  /** Returns the number of the last step, 0 at first. */
  public long lastEpoch() {
    return lastEpoch;
  }

  /** Returns the rates of the groups that the last step has set. */
  public List<Double> getLastLr() {
    return Arrays.stream(lastLrs).boxed().toList();
  }

  final double baseLr(int group) {
    return baseLrs[group];
  }

  /** Begins with other rates than the groups had. */
  final void setBaseLrs(double[] rates) {
    baseLrs = rates;
  }

  final int groups() {
    return baseLrs.length;
  }

  /** Returns the class's name, for the texts of errors. */
  final String name() {
    return getClass().getSimpleName();
  }

  // ---- state

  /**
   * Returns how far it is, to be saved, by PyTorch's names: {@code last_epoch}, {@code base_lrs},
   * {@code _last_lr}; of schedulers inside this one with {@code _schedulers.0.} and so on before.
   * What a constructor was given is not in it.
   */
  public final Map<String, Tensor> stateDict() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    save("", state);
    return state;
  }

  /**
   * Goes on from what {@link #stateDict} returned, of a scheduler made in the same way. The rates
   * themselves are the optimizer's, and come with its state.
   *
   * @throws IllegalArgumentException if names or numbers of groups differ; nothing was changed then
   */
  public final void loadStateDict(Map<String, Tensor> saved) {
    Map<String, Tensor> rest = SavedState.copy(saved);
    List<Runnable> changes = new ArrayList<>();
    load("", rest, changes);
    SavedState.checkEmpty("scheduler", rest);
    changes.forEach(Runnable::run);
  }

  /** Adds the state under names that begin so. */
  void save(String prefix, Map<String, Tensor> into) {
    into.put(prefix + "last_epoch", Tensor.scalar(lastEpoch));
    into.put(prefix + "base_lrs", Tensor.of(baseLrs, DType.FLOAT64));
    into.put(prefix + "_last_lr", Tensor.of(lastLrs, DType.FLOAT64));
  }

  /** Takes the state out of what is left, and adds what has to be done with it. */
  void load(String prefix, Map<String, Tensor> rest, List<Runnable> changes) {
    long epoch = (long) SavedState.numbers(rest, prefix + "last_epoch", 1)[0];
    double[] base = SavedState.numbers(rest, prefix + "base_lrs", baseLrs.length);
    double[] last = SavedState.numbers(rest, prefix + "_last_lr", lastLrs.length);
    changes.add(
        () -> {
          lastEpoch = epoch;
          baseLrs = base;
          lastLrs = last;
        });
  }

  // ---- checks

  final long atLeast(long least, String what, long value) {
    if (value < least) {
      throw new IllegalArgumentException(
          name() + ": " + what + " " + value + " is less than " + least);
    }
    return value;
  }

  final double finite(String what, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(name() + ": " + what + " " + value + " is not finite");
    }
    return value;
  }

  final double factor(String what, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(
          name() + ": " + what + " " + value + " is not between 0 and 1");
    }
    return value;
  }
}
