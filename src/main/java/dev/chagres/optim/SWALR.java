package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.optim.OneCycleLR.Annealing;
import java.util.Collections;
import java.util.List;

/**
 * Goes from the rates to others in some steps, and stays there: those at which a model is trained
 * whose weights are averaged.
 */
public final class SWALR extends LRScheduler {
  private final List<Double> swaLrs;
  private final long annealEpochs;
  private final Annealing annealing;

  /** Makes a scheduler with PyTorch's defaults: along half a cosine, in 10 steps. */
  public SWALR(Optimizer optimizer, double swaLr) {
    this(optimizer, swaLr, 10, Annealing.COSINE);
  }

  /** Makes a scheduler that goes to one rate for all groups. */
  public SWALR(Optimizer optimizer, double swaLr, long annealEpochs, Annealing annealing) {
    this(
        optimizer,
        Collections.nCopies(given("SWALR", "optimizer", optimizer).groups().size(), swaLr),
        annealEpochs,
        annealing);
  }

  /**
   * Makes a scheduler that goes to a rate for each group.
   *
   * @param annealEpochs in how many steps
   * @throws IllegalArgumentException if a rate is negative, or there are more or fewer than groups
   */
  public SWALR(Optimizer optimizer, List<Double> swaLrs, long annealEpochs, Annealing annealing) {
    super(optimizer);
    this.swaLrs = List.copyOf(each("SWALR", "a rate", given("SWALR", "swaLrs", swaLrs)));
    this.annealing = given("SWALR", "annealing", annealing);
    this.annealEpochs = atLeast(0, "the number of steps", annealEpochs);
    if (this.swaLrs.size() != groups()) {
      throw new IllegalArgumentException(
          "SWALR: " + this.swaLrs.size() + " rates for " + groups() + " groups");
    }
    for (double rate : this.swaLrs) {
      if (!(finite("the rate", rate) >= 0)) {
        throw new IllegalArgumentException("SWALR: the rate " + rate + " is negative");
      }
    }
    start();
  }

  /** How far it is from the rates to the others. */
  private double way(long step) {
    double t = Math.clamp(step / (double) Math.max(1, annealEpochs), 0, 1);
    return annealing == Annealing.COSINE ? (1 - Math.cos(Math.PI * t)) / 2 : t;
  }

  @Override
  double next(int group, double lr) {
    long step = annealEpochs == 0 ? Math.max(1, lastEpoch()) : lastEpoch();
    double end = swaLrs.get(group);
    double before = way(step - 1);
    double begin = before == 1 ? end : (lr - before * end) / (1 - before);
    double now = way(step);
    return end * now + begin * (1 - now);
  }
}
