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
 * Adadelta (Zeiler, 2012). With g the gradient plus {@code weightDecay} times the parameter: {@code
 * s = rho s + (1 - rho) g^2}, {@code d = sqrt(a + eps) / sqrt(s + eps) * g}, {@code a = rho a + (1
 * - rho) d^2}, and the parameter loses {@code lr * d}.
 */
public final class Adadelta extends ElementOptimizer<Adadelta.Options> {

  /**
   * The numbers of a group.
   *
   * @param lr the learning rate, at least 0
   * @param rho the factor, from 0 to 1, of the moving averages of squares
   * @param eps what is added to the averages, at least 0
   * @param weightDecay the part of the parameter, at least 0, that is added to its gradient
   * @param direction where the steps lead
   */
  public record Options(double lr, double rho, double eps, double weightDecay, Direction direction)
      implements ParameterwiseOptimizer.Options<Options> {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of range or not finite
     */
    public Options {
      given("Adadelta", "direction", direction);
      checkNotNegative("Adadelta: the learning rate", lr);
      if (!(rho >= 0 && rho <= 1)) {
        throw new IllegalArgumentException("Adadelta: the rho " + rho + " is not between 0 and 1");
      }
      checkNotNegative("Adadelta: the eps", eps);
      checkNotNegative("Adadelta: the weight decay", weightDecay);
    }

    @Override
    public Options lr(double lr) {
      return new Options(lr, rho, eps, weightDecay, direction);
    }

    /**
     * Returns these options with another factor, from 0 to 1, of the moving averages of squares.
     */
    public Options rho(double rho) {
      return new Options(lr, rho, eps, weightDecay, direction);
    }

    /** Returns these options with another number, at least 0, added to the averages. */
    public Options eps(double eps) {
      return new Options(lr, rho, eps, weightDecay, direction);
    }

    /** Returns these options with another weight decay, at least 0. */
    public Options weightDecay(double weightDecay) {
      return new Options(lr, rho, eps, weightDecay, direction);
    }

    /** Returns these options with steps up, not down. */
    public Options maximize() {
      return new Options(lr, rho, eps, weightDecay, Direction.UP);
    }

    @Override
    public Map<String, Tensor> toTensors() {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("lr", number(lr));
      tensors.put("rho", number(rho));
      tensors.put("eps", number(eps));
      tensors.put("weight_decay", number(weightDecay));
      tensors.put("maximize", flag(direction == Direction.UP));
      return tensors;
    }

    @Override
    public Options from(Map<String, Tensor> tensors) {
      given("from", "tensors", tensors);
      return new Options(
          value(tensors, "lr"),
          value(tensors, "rho"),
          value(tensors, "eps"),
          value(tensors, "weight_decay"),
          savedDirection(tensors));
    }
  }

  /** Returns PyTorch's defaults: a learning rate of 1, rho 0.9, eps 1e-6, and no weight decay. */
  public static Options options() {
    return new Options(1, 0.9, 1e-6, 0, Direction.DOWN);
  }

  /** Makes an optimizer with the defaults. */
  public Adadelta(Collection<? extends Tensor> parameters) {
    this(parameters, options());
  }

  /** Makes an optimizer. */
  public Adadelta(Collection<? extends Tensor> parameters, Options options) {
    super(parameters, options);
  }

  /**
   * Adds a group with options of its own, and returns this optimizer.
   *
   * @throws IllegalArgumentException if there are no parameters, one is not a leaf, or one is there
   *     twice
   */
  public Adadelta addGroup(Collection<? extends Tensor> parameters, Options options) {
    add(parameters, options);
    return this;
  }

  @Override
  protected List<String> stateNames(Options options) {
    return List.of("square_avg", "acc_delta");
  }

  @Override
  ElementStep formula(Moment<Options> moment) {
    Options options = moment.options();
    double rho = options.rho;
    return new ElementStep(
        Rule.ADADELTA,
        forms(options.direction),
        options.weightDecay,
        1,
        List.of(rho, 1 - rho, options.eps, -options.lr));
  }
}
