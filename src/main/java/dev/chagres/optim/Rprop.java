package dev.chagres.optim;

import static dev.chagres.check.Given.given;

import dev.chagres.primitive.ElementStep;
import dev.chagres.primitive.ElementStep.Rule;
import dev.chagres.tensor.Tensor;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Resilient propagation (Riedmiller and Braun, 1993), for gradients of all samples. Each element
 * has a step size, at first {@code lr}, which is multiplied by {@code etaPlus} where the gradient's
 * sign is that of the step before, and by {@code etaMinus} where it has changed, within bounds;
 * there the element waits, elsewhere it goes that far against the gradient's sign.
 */
public final class Rprop extends ElementOptimizer<Rprop.Options> {

  /**
   * The numbers of a group.
   *
   * @param lr the size of the first steps, at least 0
   * @param etaMinus the factor of a shrinking step, in (0, 1)
   * @param etaPlus the factor of a growing step, above 1
   * @param leastStep the least size of a step
   * @param greatestStep the greatest size of a step
   * @param direction where the steps lead
   */
  public record Options(
      double lr,
      double etaMinus,
      double etaPlus,
      double leastStep,
      double greatestStep,
      Direction direction)
      implements ParameterwiseOptimizer.Options<Options> {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of range or not finite
     */
    public Options {
      given("Rprop", "direction", direction);
      checkNotNegative("Rprop: the learning rate", lr);
      checkFinite("Rprop: the least step", leastStep);
      checkFinite("Rprop: the greatest step", greatestStep);
      if (!(etaMinus > 0 && etaMinus < 1 && etaPlus > 1 && Double.isFinite(etaPlus))) {
        throw new IllegalArgumentException(
            "Rprop: the etas " + etaMinus + " and " + etaPlus + " are not in (0, 1) and above 1");
      }
    }

    @Override
    public Options lr(double lr) {
      return new Options(lr, etaMinus, etaPlus, leastStep, greatestStep, direction);
    }

    /** Returns these options with other factors of shrinking and growing steps. */
    public Options etas(double etaMinus, double etaPlus) {
      return new Options(lr, etaMinus, etaPlus, leastStep, greatestStep, direction);
    }

    /** Returns these options with other bounds of the size of a step. */
    public Options stepSizes(double leastStep, double greatestStep) {
      return new Options(lr, etaMinus, etaPlus, leastStep, greatestStep, direction);
    }

    /** Returns these options with steps up, not down. */
    public Options maximize() {
      return new Options(lr, etaMinus, etaPlus, leastStep, greatestStep, Direction.UP);
    }

    @Override
    public Map<String, Tensor> toTensors() {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("lr", number(lr));
      tensors.put("etas", pair(etaMinus, etaPlus));
      tensors.put("step_sizes", pair(leastStep, greatestStep));
      tensors.put("maximize", flag(direction == Direction.UP));
      return tensors;
    }

    @Override
    public Options from(Map<String, Tensor> tensors) {
      given("from", "tensors", tensors);
      double[] etas = pair(tensors, "etas");
      double[] stepSizes = pair(tensors, "step_sizes");
      return new Options(
          value(tensors, "lr"),
          etas[0],
          etas[1],
          stepSizes[0],
          stepSizes[1],
          savedDirection(tensors));
    }
  }

  /**
   * Returns PyTorch's defaults: first steps of 1e-2, factors 0.5 and 1.2, and sizes from 1e-6 to
   * 50.
   */
  public static Options options() {
    return new Options(1e-2, 0.5, 1.2, 1e-6, 50, Direction.DOWN);
  }

  /** Makes an optimizer with the defaults. */
  public Rprop(Collection<? extends Tensor> parameters) {
    this(parameters, options());
  }

  /** Makes an optimizer. */
  public Rprop(Collection<? extends Tensor> parameters, Options options) {
    super(parameters, options);
  }

  /**
   * Adds a group with options of its own, and returns this optimizer.
   *
   * @throws IllegalArgumentException if there are no parameters, one is not a leaf, or one is there
   *     twice
   */
  public Rprop addGroup(Collection<? extends Tensor> parameters, Options options) {
    add(parameters, options);
    return this;
  }

  @Override
  protected List<String> stateNames(Options options) {
    return List.of("prev", "step_size");
  }

  @Override
  protected double initialValue(String stateName, Options options) {
    return stateName.equals("step_size") ? options.lr : 0;
  }

  @Override
  ElementStep formula(Moment<Options> moment) {
    Options options = moment.options();
    return new ElementStep(
        Rule.RPROP,
        forms(options.direction),
        0,
        1,
        List.of(options.etaMinus, options.etaPlus, options.leastStep, options.greatestStep));
  }
}
