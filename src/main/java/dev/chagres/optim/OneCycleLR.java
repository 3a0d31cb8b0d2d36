package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Lets the rates grow to the greatest one and fall to next to nothing, while momentum falls and
 * grows (Smith and Topin, 2018).
 */
public final class OneCycleLR extends LRScheduler {
  private final double[] maxLrs;
  private final long totalSteps;
  private final Options options;
  private final double[] ends;

  /** How a number goes from one to another. */
  public enum Annealing {
    /** Along half a cosine. */
    COSINE,
    /** In equal parts. */
    LINEAR
  }

  /** Into what the steps are divided. */
  public enum Phases {
    /** Up, and down to the end. */
    TWO,
    /** Up, down to the first rate in as many steps, and down to the end. */
    THREE
  }

  /** Whether momentum goes the other way. */
  public enum Momentum {
    /** It does: the momentum of SGD and RMSprop, or the first beta of Adam and its relatives. */
    CYCLED,
    /** It is left as it is. */
    LEFT
  }

  /**
   * The form of the cycle.
   *
   * @param pctStart the part of the steps in which the rates grow, from 0 to 1
   * @param annealing how they go
   * @param phases of how many parts
   * @param momentum whether momentum goes the other way
   * @param baseMomentum the least momentum
   * @param maxMomentum the greatest momentum
   * @param divFactor how many times less than the greatest rate the first one is
   * @param finalDivFactor how many times less than the first rate the last one is
   */
  public record Options(
      double pctStart,
      Annealing annealing,
      Phases phases,
      Momentum momentum,
      double baseMomentum,
      double maxMomentum,
      double divFactor,
      double finalDivFactor) {
    /** Checks the numbers. */
    public Options {
      if (!(pctStart >= 0 && pctStart <= 1)) {
        throw new IllegalArgumentException(
            "OneCycleLR: the part " + pctStart + " of the steps is not between 0 and 1");
      }
      given("OneCycleLR", "annealing", annealing);
      given("OneCycleLR", "phases", phases);
      given("OneCycleLR", "momentum", momentum);
    }

    /** Returns these options with another part of the steps in which the rates grow. */
    public Options pctStart(double part) {
      return new Options(
          part, annealing, phases, momentum, baseMomentum, maxMomentum, divFactor, finalDivFactor);
    }

    /** Returns these options with another way of going. */
    public Options annealing(Annealing other) {
      return new Options(
          pctStart, other, phases, momentum, baseMomentum, maxMomentum, divFactor, finalDivFactor);
    }

    /** Returns these options with another number of phases. */
    public Options phases(Phases other) {
      return new Options(
          pctStart,
          annealing,
          other,
          momentum,
          baseMomentum,
          maxMomentum,
          divFactor,
          finalDivFactor);
    }

    /** Returns these options with momentum left as it is. */
    public Options withoutMomentum() {
      return new Options(
          pctStart,
          annealing,
          phases,
          Momentum.LEFT,
          baseMomentum,
          maxMomentum,
          divFactor,
          finalDivFactor);
    }

    /** Returns these options with momentum between other numbers. */
    public Options momentum(double least, double greatest) {
      return new Options(
          pctStart, annealing, phases, Momentum.CYCLED, least, greatest, divFactor, finalDivFactor);
    }

    /** Returns these options with other divisors, for the first rate and from it to the last. */
    public Options divFactors(double first, double last) {
      return new Options(
          pctStart, annealing, phases, momentum, baseMomentum, maxMomentum, first, last);
    }
  }

  /**
   * Returns PyTorch's defaults: up in 0.3 of the steps, along a cosine, in two phases, with
   * momentum between 0.85 and 0.95, from 1/25 of the greatest rate, and to 1e-4 of that.
   */
  public static Options options() {
    return new Options(0.3, Annealing.COSINE, Phases.TWO, Momentum.CYCLED, 0.85, 0.95, 25, 1e4);
  }

  /** Makes a scheduler with the defaults. */
  public OneCycleLR(Optimizer optimizer, double maxLr, long totalSteps) {
    this(optimizer, maxLr, totalSteps, options());
  }

  /** Makes a scheduler with one greatest rate for all groups. */
  public OneCycleLR(Optimizer optimizer, double maxLr, long totalSteps, Options options) {
    given("OneCycleLR", "optimizer", optimizer);
    this(optimizer, Collections.nCopies(optimizer.groups().size(), maxLr), totalSteps, options);
  }

  /**
   * Makes a scheduler with a greatest rate for each group.
   *
   * @throws IllegalArgumentException if the rates are not as many as the groups, the steps are
   *     fewer than 1, {@code pctStart} of them is exactly one step, or momentum is cycled of an
   *     optimizer that has none
   */
  public OneCycleLR(Optimizer optimizer, List<Double> maxLrs, long totalSteps, Options options) {
    given("OneCycleLR", "optimizer", optimizer);
    given("OneCycleLR", "options", options);
    each("OneCycleLR", "a rate", given("OneCycleLR", "maxLrs", maxLrs));
    if (maxLrs.size() != optimizer.groups().size()) {
      throw new IllegalArgumentException(
          "OneCycleLR: "
              + maxLrs.size()
              + " greatest rates for "
              + optimizer.groups().size()
              + " groups");
    }
    super(optimizer);
    this.maxLrs = maxLrs.stream().mapToDouble(rate -> finite("a rate", rate)).toArray();
    this.totalSteps = atLeast(1, "the number of steps", totalSteps);
    this.options = options;
    double up = options.pctStart * totalSteps;
    if (up == 1) {
      throw new IllegalArgumentException(
          "OneCycleLR: "
              + options.pctStart
              + " of "
              + totalSteps
              + " steps is one, in which nothing can grow; choose a pctStart that is not exactly"
              + " one step");
    }
    this.ends =
        options.phases == Phases.THREE
            ? new double[] {up - 1, 2 * options.pctStart * totalSteps - 2, totalSteps - 1}
            : new double[] {up - 1, totalSteps - 1};
    double[] first = Arrays.stream(this.maxLrs).map(rate -> rate / options.divFactor).toArray();
    setBaseLrs(first);
    start(() -> prepare(first));
  }

  private void prepare(double[] first) {
    for (int g = 0; g < first.length; g++) {
      group(g).setInitialLr(first[g]);
      if (options.momentum == Momentum.CYCLED) {
        setMomentum(g, options.maxMomentum);
      }
    }
  }

  @Override
  double next(int group, double lr) {
    long step = lastEpoch();
    if (step > totalSteps) {
      throw new IllegalStateException(
          "step: step " + step + " of a cycle of " + totalSteps + " steps");
    }
    int phase = 0;
    while (phase < ends.length - 1 && step > ends[phase]) {
      phase++;
    }
    double start = phase == 0 ? 0 : ends[phase - 1];
    double part = (step - start) / (ends[phase] - start);
    double first = baseLr(group);
    double most = maxLrs[group];
    double last = first / options.finalDivFactor;
    double[] rates =
        ends.length == 3
            ? new double[] {first, most, first, last}
            : new double[] {first, most, last};
    if (options.momentum == Momentum.CYCLED) {
      double high = options.maxMomentum;
      double[] momentums = {high, options.baseMomentum, high, high};
      setMomentum(group, between(momentums[phase], momentums[phase + 1], part));
    }
    return between(rates[phase], rates[phase + 1], part);
  }

  private double between(double start, double end, double part) {
    return switch (options.annealing) {
      case COSINE -> end + (start - end) / 2 * (Math.cos(Math.PI * part) + 1);
      case LINEAR -> (end - start) * part + start;
    };
  }

  private void setMomentum(int g, double momentum) {
    Momenta.set(name(), optimizer(), g, momentum);
  }
}
