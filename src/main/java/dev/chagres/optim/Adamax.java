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
 * Adam with the infinity norm (Kingma and Ba, 2015). With g the gradient plus {@code weightDecay}
 * times the parameter: {@code m = beta1 m + (1 - beta1) g}, {@code u = max(beta2 u, |g| + eps)},
 * and at step t the parameter loses {@code lr / (1 - beta1^t) * m / u}.
 */
public final class Adamax extends ElementOptimizer<Adamax.Options> {

  /**
   * The numbers of a group.
   *
   * @param lr the learning rate, at least 0
   * @param beta1 the factor, in [0, 1), of the moving average of the gradient
   * @param beta2 the factor, in [0, 1), of the norm
   * @param eps what is added to the size of the gradient, at least 0
   * @param weightDecay the part of the parameter, at least 0, that is added to its gradient
   * @param direction where the steps lead
   */
  public record Options(
      double lr, double beta1, double beta2, double eps, double weightDecay, Direction direction)
      implements ParameterwiseOptimizer.Options<Options> {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of range or not finite
     */
    public Options {
      given("Adamax", "direction", direction);
      checkNotNegative("Adamax: the learning rate", lr);
      checkBetas("Adamax", beta1, beta2);
      checkNotNegative("Adamax: the eps", eps);
      checkNotNegative("Adamax: the weight decay", weightDecay);
    }

    @Override
    public Options lr(double lr) {
      return new Options(lr, beta1, beta2, eps, weightDecay, direction);
    }

    /** Returns these options with another number, at least 0, added to the size of the gradient. */
    public Options eps(double eps) {
      return new Options(lr, beta1, beta2, eps, weightDecay, direction);
    }

    /** Returns these options with another weight decay, at least 0. */
    public Options weightDecay(double weightDecay) {
      return new Options(lr, beta1, beta2, eps, weightDecay, direction);
    }

    /**
     * Returns these options with other factors, in [0, 1), of the moving average and of the norm.
     */
    public Options betas(double beta1, double beta2) {
      return new Options(lr, beta1, beta2, eps, weightDecay, direction);
    }

    /** Returns these options with steps up, not down. */
    public Options maximize() {
      return new Options(lr, beta1, beta2, eps, weightDecay, Direction.UP);
    }

    @Override
    public Map<String, Tensor> toTensors() {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("lr", number(lr));
      tensors.put("betas", pair(beta1, beta2));
      tensors.put("eps", number(eps));
      tensors.put("weight_decay", number(weightDecay));
      tensors.put("maximize", flag(direction == Direction.UP));
      return tensors;
    }

    @Override
    public Options from(Map<String, Tensor> tensors) {
      given("from", "tensors", tensors);
      double[] betas = pair(tensors, "betas");
      return new Options(
          value(tensors, "lr"),
          betas[0],
          betas[1],
          value(tensors, "eps"),
          value(tensors, "weight_decay"),
          savedDirection(tensors));
    }
  }

  /**
   * Returns PyTorch's defaults: a learning rate of 2e-3, betas 0.9 and 0.999, eps 1e-8, and no
   * weight decay.
   */
  public static Options options() {
    return new Options(2e-3, 0.9, 0.999, 1e-8, 0, Direction.DOWN);
  }

  /** Makes an optimizer with the defaults. */
  public Adamax(Collection<? extends Tensor> parameters) {
    this(parameters, options());
  }

  /** Makes an optimizer. */
  public Adamax(Collection<? extends Tensor> parameters, Options options) {
    super(parameters, options);
  }

  /**
   * Adds a group with options of its own, and returns this optimizer.
   *
   * @throws IllegalArgumentException if there are no parameters, one is not a leaf, or one is there
   *     twice
   */
  public Adamax addGroup(Collection<? extends Tensor> parameters, Options options) {
    add(parameters, options);
    return this;
  }

  @Override
  protected List<String> stateNames(Options options) {
    return List.of("exp_avg", "exp_inf");
  }

  @Override
  ElementStep formula(Moment<Options> moment) {
    Options options = moment.options();
    double lr = options.lr / (1 - Math.pow(options.beta1, (double) moment.step()));
    return new ElementStep(
        Rule.ADAMAX,
        forms(options.direction),
        options.weightDecay,
        1,
        List.of(1 - options.beta1, options.beta2, options.eps, -lr));
  }
}
