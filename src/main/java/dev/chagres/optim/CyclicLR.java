package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.optim.OneCycleLR.Momentum;
import java.util.Collections;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * Lets the rates go up and down between two bounds again and again, while momentum goes the other
 * way (Smith, 2017). A step is one of the optimizer's, not an epoch.
 */
public final class CyclicLR extends LRScheduler {
  private final double[] maxLrs;
  private final Options options;

  /** By what the height of a cycle is scaled. */
  public enum Over {
    /** The number of the cycle, from 1 on. */
    CYCLES,
    /** The number of the step, from 0 on. */
    STEPS
  }

  /**
   * The form of the cycles.
   *
   * @param up the number of steps in which the rates grow
   * @param down the number of steps in which they fall
   * @param scale by what the height of a cycle is multiplied, from 0 to 1
   * @param over what the scale is a function of
   * @param momentum whether momentum goes the other way
   * @param baseMomentum the least momentum
   * @param maxMomentum the greatest momentum, where the rates are least
   */
  public record Options(
      long up,
      long down,
      DoubleUnaryOperator scale,
      Over over,
      Momentum momentum,
      double baseMomentum,
      double maxMomentum) {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if there is no step up, or the steps down are negative
     */
    public Options {
      given("CyclicLR", "scale", scale);
      given("CyclicLR", "over", over);
      given("CyclicLR", "momentum", momentum);
      if (up < 1 || down < 0) {
        throw new IllegalArgumentException("CyclicLR: " + up + " steps up and " + down + " down");
      }
    }

    /** Returns these options with other numbers of steps up and down. */
    public Options steps(long up, long down) {
      return new Options(up, down, scale, over, momentum, baseMomentum, maxMomentum);
    }

    /** Returns these options with cycles of half the height of the one before: triangular2. */
    public Options triangular2() {
      return scale(cycle -> 1 / Math.pow(2, cycle - 1), Over.CYCLES);
    }

    /** Returns these options with heights that shrink by a factor with each step: exp_range. */
    public Options expRange(double gamma) {
      return scale(step -> Math.pow(gamma, step), Over.STEPS);
    }

    /** Returns these options with another height of the cycles. */
    public Options scale(DoubleUnaryOperator scale, Over over) {
      return new Options(up, down, scale, over, momentum, baseMomentum, maxMomentum);
    }

    /** Returns these options with momentum left as it is. */
    public Options withoutMomentum() {
      return new Options(up, down, scale, over, Momentum.LEFT, baseMomentum, maxMomentum);
    }

    /** Returns these options with momentum between other numbers. */
    public Options momentum(double least, double greatest) {
      return new Options(up, down, scale, over, Momentum.CYCLED, least, greatest);
    }
  }

  /**
   * Returns PyTorch's defaults: 2000 steps up and as many down, all cycles of one height, and
   * momentum between 0.8 and 0.9.
   */
  public static Options options() {
    return new Options(2000, 2000, _ -> 1, Over.CYCLES, Momentum.CYCLED, 0.8, 0.9);
  }

  /** Makes a scheduler with the defaults. */
  public CyclicLR(Optimizer optimizer, double baseLr, double maxLr) {
    this(optimizer, baseLr, maxLr, options());
  }

  /** Makes a scheduler with the same bounds for all groups. */
  public CyclicLR(Optimizer optimizer, double baseLr, double maxLr, Options options) {
    int groups = given("CyclicLR", "optimizer", optimizer).groups().size();
    this(
        optimizer,
        Collections.nCopies(groups, baseLr),
        Collections.nCopies(groups, maxLr),
        options);
  }

  /**
   * Makes a scheduler with bounds for each group.
   *
   * @throws IllegalArgumentException if there are more or fewer rates, the optimizer cannot work
   *     with one, or momentum is cycled of an optimizer that has none
   */
  public CyclicLR(Optimizer optimizer, List<Double> baseLrs, List<Double> maxLrs, Options options) {
    int groups = given("CyclicLR", "optimizer", optimizer).groups().size();
    given("CyclicLR", "options", options);
    each("CyclicLR", "a rate", given("CyclicLR", "baseLrs", baseLrs));
    each("CyclicLR", "a rate", given("CyclicLR", "maxLrs", maxLrs));
    if (baseLrs.size() != groups || maxLrs.size() != groups) {
      throw new IllegalArgumentException(
          "CyclicLR: "
              + baseLrs.size()
              + " least and "
              + maxLrs.size()
              + " greatest rates for "
              + groups
              + " groups");
    }
    super(optimizer);
    this.maxLrs = maxLrs.stream().mapToDouble(rate -> finite("a rate", rate)).toArray();
    this.options = options;
    double[] first = baseLrs.stream().mapToDouble(rate -> finite("a rate", rate)).toArray();
    setBaseLrs(first);
    start(() -> prepare(first));
  }

  private void prepare(double[] first) {
    for (int g = 0; g < first.length; g++) {
      optimizer().groups().get(g).setLr(first[g]);
      if (options.momentum == Momentum.CYCLED) {
        Momenta.set(name(), optimizer(), g, options.maxMomentum);
      }
    }
  }

  @Override
  double next(int group, double lr) {
    double total = options.up + options.down;
    double cycle = Math.floor(1 + lastEpoch() / total);
    double place = 1 + lastEpoch() / total - cycle;
    double top = options.up / total;
    double part = place <= top ? place / top : (place - 1) / (top - 1);
    double scale = options.scale.applyAsDouble(options.over == Over.CYCLES ? cycle : lastEpoch());
    if (options.momentum == Momentum.CYCLED) {
      double height = (options.maxMomentum - options.baseMomentum) * part;
      Momenta.set(name(), optimizer(), group, options.maxMomentum - height * scale);
    }
    double base = baseLr(group);
    return base + (maxLrs[group] - base) * part * scale;
  }
}
