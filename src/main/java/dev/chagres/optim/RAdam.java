package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.primitive.ElementStep;
import dev.chagres.primitive.ElementStep.Form;
import dev.chagres.primitive.ElementStep.Rule;
import dev.chagres.tensor.Tensor;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Rectified Adam (Liu et al., 2020): {@link Adam} whose averages of squares count from the step on
 * at which they vary little enough, and more and more.
 */
public final class RAdam extends ElementOptimizer<RAdam.Options> {

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
   * @param variants what differs from the plain rule
   */
  public record Options(
      double lr, double beta1, double beta2, double eps, double weightDecay, Set<Variant> variants)
      implements ParameterwiseOptimizer.Options<Options> {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of range or not finite
     */
    public Options {
      each("RAdam", "a variant", given("RAdam", "variants", variants));
      checkNotNegative("RAdam: the learning rate", lr);
      checkBetas("RAdam", beta1, beta2);
      checkNotNegative("RAdam: the eps", eps);
      checkNotNegative("RAdam: the weight decay", weightDecay);
      variants = frozen(variants);
    }

    @Override
    public Options lr(double lr) {
      return new Options(lr, beta1, beta2, eps, weightDecay, variants);
    }

    /** Returns these options with another number, at least 0, added to the denominator. */
    public Options eps(double eps) {
      return new Options(lr, beta1, beta2, eps, weightDecay, variants);
    }

    /** Returns these options with another weight decay, at least 0. */
    public Options weightDecay(double weightDecay) {
      return new Options(lr, beta1, beta2, eps, weightDecay, variants);
    }

    /**
     * Returns these options with other factors, in [0, 1), of the moving averages of the gradient
     * and of its square.
     */
    public Options betas(double beta1, double beta2) {
      return new Options(lr, beta1, beta2, eps, weightDecay, variants);
    }

    /** Returns these options with the weight decay taken off the parameter. */
    public Options decoupledWeightDecay() {
      return new Options(lr, beta1, beta2, eps, weightDecay, with(variants, Variant.DECOUPLED));
    }

    /** Returns these options with steps up, not down. */
    public Options maximize() {
      return new Options(lr, beta1, beta2, eps, weightDecay, with(variants, Variant.MAXIMIZE));
    }

    @Override
    public Map<String, Tensor> toTensors() {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("lr", number(lr));
      tensors.put("betas", pair(beta1, beta2));
      tensors.put("eps", number(eps));
      tensors.put("weight_decay", number(weightDecay));
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
              Set.of());
      Options named =
          value(tensors, "decoupled_weight_decay") != 0 ? plain.decoupledWeightDecay() : plain;
      return value(tensors, "maximize") != 0 ? named.maximize() : named;
    }
  }

  /**
   * Returns PyTorch's defaults: a learning rate of 1e-3, betas 0.9 and 0.999, eps 1e-8, and no
   * weight decay.
   */
  public static Options options() {
    return new Options(1e-3, 0.9, 0.999, 1e-8, 0, Set.of());
  }

  /** Makes an optimizer with the defaults. */
  public RAdam(Collection<? extends Tensor> parameters) {
    this(parameters, options());
  }

  /** Makes an optimizer. */
  public RAdam(Collection<? extends Tensor> parameters, Options options) {
    super(parameters, options);
  }

  /**
   * Adds a group with options of its own, and returns this optimizer.
   *
   * @throws IllegalArgumentException if there are no parameters, one is not a leaf, or one is there
   *     twice
   */
  public RAdam addGroup(Collection<? extends Tensor> parameters, Options options) {
    add(parameters, options);
    return this;
  }

  @Override
  protected List<String> stateNames(Options options) {
    return List.of("exp_avg", "exp_avg_sq");
  }

  @Override
  ElementStep formula(Moment<Options> moment) {
    Options options = moment.options();
    boolean decoupled = options.variants.contains(Variant.DECOUPLED);
    double lr = options.lr;
    double decay = options.weightDecay;
    double power = Math.pow(options.beta2, (double) moment.step());
    double longest = 2 / (1 - options.beta2) - 1;
    double length = longest - 2 * moment.step() * power / (1 - power);
    double ratio = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length);
    Set<Form> forms = EnumSet.noneOf(Form.class);
    if (length > 5) {
      forms.add(Form.LATER);
    }
    if (options.variants.contains(Variant.MAXIMIZE)) {
      forms.add(Form.MAXIMIZE);
    }
    return new ElementStep(
        Rule.RADAM,
        forms,
        decoupled ? 0 : decay,
        decoupled ? 1 - lr * decay : 1,
        List.of(
            1 - options.beta1,
            options.beta2,
            1 - options.beta2,
            options.eps,
            1 - Math.pow(options.beta1, (double) moment.step()),
            lr,
            Math.sqrt(1 - power),
            length > 5 ? Math.sqrt(ratio) : 0));
  }
}
