package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.primitive.ElementStep;
import dev.chagres.primitive.ElementStep.Form;
import dev.chagres.primitive.ElementStep.Rule;
import dev.chagres.tensor.Tensor;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Adam with Nesterov's momentum (Dozat, 2016). With g the gradient plus {@code weightDecay} times
 * the parameter, m and v as in {@link Adam}, {@code mu(t) = beta1 (1 - 0.96^(t momentumDecay) / 2)}
 * and M the product of {@code mu} so far, at step t the parameter loses {@code lr * ((1 - mu(t)) g
 * / (1 - M) + mu(t + 1) m / (1 - M mu(t + 1))) / (sqrt(v / (1 - beta2^t)) + eps)}.
 */
public final class NAdam extends ElementOptimizer<NAdam.Options> {

  /** What differs from the plain rule. */
  public enum Variant {
    /** The weight decay is taken off the parameter, as by {@link AdamW}. */
    DECOUPLED,
    /** The steps go up, not down. */
    MAXIMIZE
  }

  /**
   * The numbers of a group.
   *
   * @param lr the learning rate, at least 0
   * @param beta1 the factor, in [0, 1), of the moving average of the gradient
   * @param beta2 the factor, in [0, 1), of the moving average of its square
   * @param eps what is added to the denominator, at least 0
   * @param weightDecay the part of the parameter, at least 0, that is added to its gradient or,
   *     decoupled, taken off it
   * @param momentumDecay how soon the momentum comes to its end value, at least 0
   * @param variants what differs from the plain rule
   */
  public record Options(
      double lr,
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      double momentumDecay,
      Set<Variant> variants)
      implements ParameterwiseOptimizer.Options<Options> {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of range or not finite
     */
    public Options {
      each("NAdam", "a variant", given("NAdam", "variants", variants));
      checkNotNegative("NAdam: the learning rate", lr);
      checkBetas("NAdam", beta1, beta2);
      checkNotNegative("NAdam: the eps", eps);
      checkNotNegative("NAdam: the weight decay", weightDecay);
      checkNotNegative("NAdam: the momentum decay", momentumDecay);
      variants = frozen(variants);
    }

    @Override
    public Options lr(double lr) {
      return new Options(lr, beta1, beta2, eps, weightDecay, momentumDecay, variants);
    }

    /** Returns these options with another number, at least 0, added to the denominator. */
    public Options eps(double eps) {
      return new Options(lr, beta1, beta2, eps, weightDecay, momentumDecay, variants);
    }

    /** Returns these options with another weight decay, at least 0. */
    public Options weightDecay(double weightDecay) {
      return new Options(lr, beta1, beta2, eps, weightDecay, momentumDecay, variants);
    }

    /** Returns these options with another decay of what the momentum lacks at first, at least 0. */
    public Options momentumDecay(double momentumDecay) {
      return new Options(lr, beta1, beta2, eps, weightDecay, momentumDecay, variants);
    }

    /**
     * Returns these options with other factors, in [0, 1), of the moving averages of the gradient
     * and of its square.
     */
    public Options betas(double beta1, double beta2) {
      return new Options(lr, beta1, beta2, eps, weightDecay, momentumDecay, variants);
    }

    /** Returns these options with the weight decay taken off the parameter. */
    public Options decoupledWeightDecay() {
      return new Options(
          lr, beta1, beta2, eps, weightDecay, momentumDecay, with(variants, Variant.DECOUPLED));
    }

    /** Returns these options with steps up, not down. */
    public Options maximize() {
      return new Options(
          lr, beta1, beta2, eps, weightDecay, momentumDecay, with(variants, Variant.MAXIMIZE));
    }

    @Override
    public Map<String, Tensor> toTensors() {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("lr", number(lr));
      tensors.put("betas", pair(beta1, beta2));
      tensors.put("eps", number(eps));
      tensors.put("weight_decay", number(weightDecay));
      tensors.put("momentum_decay", number(momentumDecay));
      tensors.put("decoupled_weight_decay", flag(variants.contains(Variant.DECOUPLED)));
      tensors.put("maximize", flag(variants.contains(Variant.MAXIMIZE)));
      return tensors;
    }

    @Override
    public Options from(Map<String, Tensor> tensors) {
      given("from", "tensors", tensors);
      double[] betas = pair(tensors, "betas");
      Options plain =
          new Options(
              value(tensors, "lr"),
              betas[0],
              betas[1],
              value(tensors, "eps"),
              value(tensors, "weight_decay"),
              value(tensors, "momentum_decay"),
              Set.of());
      Options named =
          value(tensors, "decoupled_weight_decay") != 0 ? plain.decoupledWeightDecay() : plain;
      return value(tensors, "maximize") != 0 ? named.maximize() : named;
    }
  }

  /**
   * Returns PyTorch's defaults: a learning rate of 2e-3, betas 0.9 and 0.999, eps 1e-8, a momentum
   * decay of 4e-3, and no weight decay.
   */
  public static Options options() {
    return new Options(2e-3, 0.9, 0.999, 1e-8, 0, 4e-3, Set.of());
  }

  /** Makes an optimizer with the defaults. */
  public NAdam(Collection<? extends Tensor> parameters) {
    this(parameters, options());
  }

  /** Makes an optimizer. */
  public NAdam(Collection<? extends Tensor> parameters, Options options) {
    super(parameters, options);
  }

  /**
   * Adds a group with options of its own, and returns this optimizer.
   *
   * @throws IllegalArgumentException if there are no parameters, one is not a leaf, or one is there
   *     twice
   */
  public NAdam addGroup(Collection<? extends Tensor> parameters, Options options) {
    add(parameters, options);
    return this;
  }

  @Override
  protected List<String> stateNames(Options options) {
    return List.of("exp_avg", "exp_avg_sq");
  }

  private static double mu(long step, Options options) {
    return options.beta1 * (1 - 0.5 * Math.pow(0.96, step * options.momentumDecay));
  }

  /** Returns the product of all factors so far, which is kept in float32, as in PyTorch. */
  private static double product(double before, double mu) {
    return (float) before * (float) mu;
  }

  @Override
  List<String> numberNames() {
    return List.of("mu_product");
  }

  @Override
  double[] firstNumbers(Options options) {
    return new double[] {1};
  }

  @Override
  double[] nextNumbers(long step, double[] numbers, Options options) {
    return new double[] {product(numbers[0], mu(step, options))};
  }

  @Override
  ElementStep formula(Moment<Options> moment) {
    Options options = moment.options();
    boolean decoupled = options.variants.contains(Variant.DECOUPLED);
    double lr = options.lr;
    double decay = options.weightDecay;
    double mu = mu(moment.step(), options);
    double next = mu(moment.step() + 1, options);
    double product = product(moment.numbers().getFirst(), mu);
    return new ElementStep(
        Rule.NADAM,
        options.variants.contains(Variant.MAXIMIZE) ? Set.of(Form.MAXIMIZE) : Set.of(),
        decoupled ? 0 : decay,
        decoupled ? 1 - lr * decay : 1,
        List.of(
            1 - options.beta1,
            options.beta2,
            1 - options.beta2,
            options.eps,
            1 - Math.pow(options.beta2, (double) moment.step()),
            -lr * (1 - mu) / (1 - product),
            -lr * next / (1 - product * next)));
  }
}
