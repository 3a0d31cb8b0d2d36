package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reduces the learning rates when a measured value, such as the loss of a validation, has not
 * become better for some epochs.
 *
 * <pre>{@code
 * var scheduler = new ReduceLROnPlateau(optimizer);
 * for (int epoch = 0; epoch < 100; epoch++) {
 *   train();
 *   scheduler.step(validate());
 * }
 * }</pre>
 */
public final class ReduceLROnPlateau {
  private final Optimizer optimizer;
  private final Options options;
  private double best;
  private long lastEpoch;
  private long cooldownCounter;
  private long badEpochs;
  private double[] lastLrs;

  /** Which values are better. */
  public enum Mode {
    /** Smaller ones. */
    MIN,
    /** Greater ones. */
    MAX
  }

  /** What the threshold is a part of. */
  public enum Threshold {
    /** Of the best value. */
    RELATIVE,
    /** Of nothing: it is itself the distance. */
    ABSOLUTE
  }

  /**
   * When rates are reduced, and by how much.
   *
   * @param mode which values are better
   * @param factor of the rates, less than 1
   * @param patience how many epochs without a better value are waited for
   * @param threshold by how much a value has to be better
   * @param thresholdMode what the threshold is a part of
   * @param cooldown how many epochs after a reduction do not count
   * @param minLr what rates are not reduced below: one for all groups, or one for each
   * @param eps the least reduction that is made
   */
  public record Options(
      Mode mode,
      double factor,
      long patience,
      double threshold,
      Threshold thresholdMode,
      long cooldown,
      List<Double> minLr,
      double eps) {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if the factor is not less than 1, or there is no least rate
     */
    public Options {
      given("ReduceLROnPlateau", "mode", mode);
      given("ReduceLROnPlateau", "thresholdMode", thresholdMode);
      each("ReduceLROnPlateau", "a rate", given("ReduceLROnPlateau", "minLr", minLr));
      minLr = List.copyOf(minLr);
      if (minLr.isEmpty()) {
        throw new IllegalArgumentException("ReduceLROnPlateau: minLr needs a rate");
      }
      if (!(factor < 1)) {
        throw new IllegalArgumentException(
            "ReduceLROnPlateau: the factor " + factor + " is not less than 1");
      }
    }

    /** Returns these options with another meaning of better. */
    public Options mode(Mode other) {
      return new Options(other, factor, patience, threshold, thresholdMode, cooldown, minLr, eps);
    }

    /** Returns these options with another factor of the rates. */
    public Options factor(double other) {
      return new Options(mode, other, patience, threshold, thresholdMode, cooldown, minLr, eps);
    }

    /** Returns these options with another patience. */
    public Options patience(long other) {
      return new Options(mode, factor, other, threshold, thresholdMode, cooldown, minLr, eps);
    }

    /** Returns these options with another threshold, which keeps its meaning. */
    public Options threshold(double other) {
      return threshold(other, thresholdMode);
    }

    /** Returns these options with another threshold. */
    public Options threshold(double other, Threshold meaning) {
      return new Options(mode, factor, patience, other, meaning, cooldown, minLr, eps);
    }

    /** Returns these options with epochs after a reduction that do not count. */
    public Options cooldown(long epochs) {
      return new Options(mode, factor, patience, threshold, thresholdMode, epochs, minLr, eps);
    }

    /**
     * Returns these options with a rate that nothing is reduced below, or with one for each group.
     */
    public Options minLr(double... least) {
      List<Double> rates =
          Arrays.stream(given("ReduceLROnPlateau", "minLr", least)).boxed().toList();
      return new Options(mode, factor, patience, threshold, thresholdMode, cooldown, rates, eps);
    }

    /** Returns these options with another least reduction. */
    public Options eps(double least) {
      return new Options(mode, factor, patience, threshold, thresholdMode, cooldown, minLr, least);
    }
  }

  /**
   * Returns PyTorch's defaults: smaller is better, by 1e-4 of the best; after 10 epochs without,
   * rates become a tenth.
   */
  public static Options options() {
    return new Options(Mode.MIN, 0.1, 10, 1e-4, Threshold.RELATIVE, 0, List.of(0.0), 1e-8);
  }

  /** Makes a scheduler with the defaults. */
  public ReduceLROnPlateau(Optimizer optimizer) {
    this(optimizer, options());
  }

  /**
   * Makes a scheduler.
   *
   * @throws IllegalArgumentException if there is more than one least rate, and not one for each
   *     group
   */
  public ReduceLROnPlateau(Optimizer optimizer, Options options) {
    this.optimizer = given("ReduceLROnPlateau", "optimizer", optimizer);
    this.options = given("ReduceLROnPlateau", "options", options);
    if (!fits()) {
      throw new IllegalArgumentException(
          "ReduceLROnPlateau: " + options.minLr.size() + " least rates for " + groups());
    }
    this.best = options.mode == Mode.MIN ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
    this.lastLrs = rates();
  }

  private boolean fits() {
    int least = options.minLr.size();
    return least == 1 || least == optimizer.groups().size();
  }

  private String groups() {
    return optimizer.groups().size() + " groups";
  }

  private double minLr(int group) {
    return options.minLr.get(options.minLr.size() == 1 ? 0 : group);
  }

  private double[] rates() {
    return optimizer.groups().stream().mapToDouble(Optimizer.Group::lr).toArray();
  }

  /**
   * Ends an epoch with a value.
   *
   * @throws IllegalStateException if the optimizer has got another group, and no least rate for it
   */
  public void step(double metric) {
    if (!fits()) {
      throw new IllegalStateException(
          "ReduceLROnPlateau: the optimizer has "
              + groups()
              + " now, and there are "
              + options.minLr.size()
              + " least rates; make a scheduler when all groups are there");
    }
    lastEpoch++;
    if (isBetter(metric)) {
      best = metric;
      badEpochs = 0;
    } else {
      badEpochs++;
    }
    if (cooldownCounter > 0) {
      cooldownCounter--;
      badEpochs = 0;
    }
    if (badEpochs > options.patience) {
      List<? extends Optimizer.Group> groups = optimizer.groups();
      for (int g = 0; g < groups.size(); g++) {
        Optimizer.Group group = groups.get(g);
        double reduced = Math.max(group.lr() * options.factor, minLr(g));
        if (group.lr() - reduced > options.eps) {
          group.setLr(reduced);
        }
      }
      cooldownCounter = options.cooldown;
      badEpochs = 0;
    }
    lastLrs = rates();
  }

  private boolean isBetter(double metric) {
    boolean least = options.mode == Mode.MIN;
    double by = least ? -options.threshold : options.threshold;
    double limit =
        switch (options.thresholdMode) {
          case RELATIVE -> best * (1 + by);
          case ABSOLUTE -> best + by;
        };
    return least ? metric < limit : metric > limit;
  }

  /** Returns the optimizer. */
  public Optimizer optimizer() {
    return optimizer;
  }

  /** Returns the number of epochs so far. */
  public long lastEpoch() {
    return lastEpoch;
  }

  /** Returns the rates of the groups after the last epoch. */
  public List<Double> getLastLr() {
    return Arrays.stream(lastLrs).boxed().toList();
  }

  /** Returns how far it is, to be saved, by PyTorch's names; the options are not in it. */
  public Map<String, Tensor> stateDict() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put("last_epoch", Tensor.scalar(lastEpoch));
    state.put("best", Tensor.scalar(best, DType.FLOAT64));
    state.put("cooldown_counter", Tensor.scalar(cooldownCounter));
    state.put("num_bad_epochs", Tensor.scalar(badEpochs));
    state.put("_last_lr", Tensor.of(lastLrs, DType.FLOAT64));
    return state;
  }

  /**
   * Goes on from what {@link #stateDict} returned. The rates themselves are the optimizer's, and
   * come with its state.
   *
   * @throws IllegalArgumentException if names or numbers of groups differ; nothing was changed then
   */
  public void loadStateDict(Map<String, Tensor> saved) {
    Map<String, Tensor> rest = SavedState.copy(saved);
    double epoch = SavedState.numbers(rest, "last_epoch", 1)[0];
    double value = SavedState.numbers(rest, "best", 1)[0];
    double cooling = SavedState.numbers(rest, "cooldown_counter", 1)[0];
    double bad = SavedState.numbers(rest, "num_bad_epochs", 1)[0];
    double[] last = SavedState.numbers(rest, "_last_lr", lastLrs.length);
    SavedState.checkEmpty("scheduler", rest);
    lastEpoch = (long) epoch;
    best = value;
    cooldownCounter = (long) cooling;
    badEpochs = (long) bad;
    lastLrs = last;
  }
}
