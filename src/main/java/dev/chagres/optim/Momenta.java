package dev.chagres.optim;

import dev.chagres.optim.ParameterwiseOptimizer.Options;
import java.util.function.UnaryOperator;

/** The momentum of an optimizer, whatever it is called there, for schedules that change it. */
final class Momenta {
  private Momenta() {}

  /**
   * Sets the momentum of a group: the momentum of SGD and RMSprop, the first beta of Adam's
   * relatives.
   *
   * @throws IllegalArgumentException if the optimizer has none; the error says how the scheduler of
   *     this name is made without
   */
  static void set(String scheduler, Optimizer optimizer, int group, double momentum) {
    switch (optimizer) {
      case SGD sgd -> change(sgd, group, options -> options.momentum(momentum));
      case RMSprop other -> change(other, group, options -> options.momentum(momentum));
      case AdamFamily adam ->
          change(adam, group, options -> options.betas(momentum, options.beta2()));
      case Adamax adamax ->
          change(adamax, group, options -> options.betas(momentum, options.beta2()));
      case NAdam nadam -> change(nadam, group, options -> options.betas(momentum, options.beta2()));
      case RAdam radam -> change(radam, group, options -> options.betas(momentum, options.beta2()));
      default ->
          throw new IllegalArgumentException(
              scheduler
                  + ": the optimizer has no momentum that could be cycled; ask for"
                  + " withoutMomentum()");
    }
  }

  private static <O extends Options<O>> void change(
      ParameterwiseOptimizer<O> optimizer, int group, UnaryOperator<O> change) {
    var chosen = optimizer.groups().get(group);
    chosen.setOptions(change.apply(chosen.options()));
  }
}
