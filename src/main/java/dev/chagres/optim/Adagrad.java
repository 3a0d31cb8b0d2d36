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
 * Adagrad (Duchi et al., 2011). With g the gradient plus {@code weightDecay} times the parameter: s
 * grows by {@code g^2}, and at step t the parameter loses {@code lr / (1 + (t - 1) lrDecay) * g /
 * (sqrt(s) + eps)}.
 */
public final class Adagrad extends ElementOptimizer<Adagrad.Options> {

  /**
   * The numbers of a group.
   *
   * @param lr the learning rate, at least 0
   * @param lrDecay how the learning rate falls, at least 0
   * @param weightDecay the part of the parameter, at least 0, that is added to its gradient
   * @param initialAccumulatorValue what the sums of squares are at first, at least 0
   * @param eps what is added to the denominator, at least 0
   * @param direction where the steps lead
   */
  public record Options(
      double lr,
      double lrDecay,
      double weightDecay,
      double initialAccumulatorValue,
      double eps,
      Direction direction)
      implements ParameterwiseOptimizer.Options<Options> {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of range or not finite
     */
    public Options {
      given("Adagrad", "direction", direction);
      checkNotNegative("Adagrad: the learning rate", lr);
      checkNotNegative("Adagrad: the decay of the learning rate", lrDecay);
      checkNotNegative("Adagrad: the weight decay", weightDecay);
      checkNotNegative("Adagrad: the initial value", initialAccumulatorValue);
      checkNotNegative("Adagrad: the eps", eps);
    }

    @Override
    public Options lr(double lr) {
      return new Options(lr, lrDecay, weightDecay, initialAccumulatorValue, eps, direction);
    }

    /** Returns these options with another decay of the learning rate, at least 0. */
    public Options lrDecay(double lrDecay) {
      return new Options(lr, lrDecay, weightDecay, initialAccumulatorValue, eps, direction);
    }

    /** Returns these options with another weight decay, at least 0. */
    public Options weightDecay(double weightDecay) {
      return new Options(lr, lrDecay, weightDecay, initialAccumulatorValue, eps, direction);
    }

    /** Returns these options with sums of squares that begin with a number, at least 0. */
    public Options initialAccumulatorValue(double initialAccumulatorValue) {
      return new Options(lr, lrDecay, weightDecay, initialAccumulatorValue, eps, direction);
    }

    /** Returns these options with another number, at least 0, added to the denominator. */
    public Options eps(double eps) {
      return new Options(lr, lrDecay, weightDecay, initialAccumulatorValue, eps, direction);
    }

    /** Returns these options with steps up, not down. */
    public Options maximize() {
      return new Options(lr, lrDecay, weightDecay, initialAccumulatorValue, eps, Direction.UP);
    }

    @Override
    public Map<String, Tensor> toTensors() {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("lr", number(lr));
      tensors.put("lr_decay", number(lrDecay));
      tensors.put("weight_decay", number(weightDecay));
      tensors.put("initial_accumulator_value", number(initialAccumulatorValue));
      tensors.put("eps", number(eps));
      tensors.put("maximize", flag(direction == Direction.UP));
      return tensors;
    }

    @Override
    public Options from(Map<String, Tensor> tensors) {
      given("from", "tensors", tensors);
      return new Options(
          value(tensors, "lr"),
          value(tensors, "lr_decay"),
          value(tensors, "weight_decay"),
          value(tensors, "initial_accumulator_value"),
          value(tensors, "eps"),
          savedDirection(tensors));
    }
  }

  /** Returns PyTorch's defaults: a learning rate of 1e-2, eps 1e-10, and nothing else. */
  public static Options options() {
    return new Options(1e-2, 0, 0, 0, 1e-10, Direction.DOWN);
  }

  /** Makes an optimizer with the defaults. */
  public Adagrad(Collection<? extends Tensor> parameters) {
    this(parameters, options());
  }

  /** Makes an optimizer. */
  public Adagrad(Collection<? extends Tensor> parameters, Options options) {
    super(parameters, options);
  }

  /**
   * Adds a group with options of its own, and returns this optimizer.
   *
   * @throws IllegalArgumentException if there are no parameters, one is not a leaf, or one is there
   *     twice
   */
  public Adagrad addGroup(Collection<? extends Tensor> parameters, Options options) {
    add(parameters, options);
    return this;
  }

  @Override
  protected List<String> stateNames(Options options) {
    return List.of("sum");
  }

  @Override
  protected double initialValue(String stateName, Options options) {
    return options.initialAccumulatorValue;
  }

  @Override
  ElementStep formula(Moment<Options> moment) {
    Options options = moment.options();
    double lr = options.lr / (1 + (moment.step() - 1) * options.lrDecay);
    return new ElementStep(
        Rule.ADAGRAD, forms(options.direction), options.weightDecay, 1, List.of(options.eps, -lr));
  }
}
