package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.primitive.ElementStep;
import dev.chagres.primitive.ElementStep.Form;
import dev.chagres.primitive.ElementStep.Rule;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * RMSprop (Hinton, 2012). With g the gradient plus {@code weightDecay} times the parameter: {@code
 * s = alpha s + (1 - alpha) g^2}, and the parameter loses {@code lr * g / (sqrt(s) + eps)}, or,
 * with a momentum, {@code lr} times {@code b = momentum b + g / (sqrt(s) + eps)}. Centered, the
 * square of a moving average of g is taken off s there (Graves, 2013).
 */
public final class RMSprop extends ElementOptimizer<RMSprop.Options> {

  /** What differs from the plain rule. */
  public enum Variant {
    /** The variance takes the place of the mean of squares. */
    CENTERED,
    /** The steps go up, not down. */
    MAXIMIZE
  }

  /**
   * The numbers of a group.
   *
   * @param lr the learning rate, at least 0
   * @param alpha the factor, at least 0, of the moving average of squares
   * @param eps what is added to the denominator, at least 0
   * @param weightDecay the part of the parameter, at least 0, that is added to its gradient
   * @param momentum the factor, at least 0, of what is left of earlier steps
   * @param variants what differs from the plain rule
   */
  public record Options(
      double lr,
      double alpha,
      double eps,
      double weightDecay,
      double momentum,
      Set<Variant> variants)
      implements ParameterwiseOptimizer.Options<Options> {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of range or not finite
     */
    public Options {
      each("RMSprop", "a variant", given("RMSprop", "variants", variants));
      checkNotNegative("RMSprop: the learning rate", lr);
      checkNotNegative("RMSprop: the alpha", alpha);
      checkNotNegative("RMSprop: the eps", eps);
      checkNotNegative("RMSprop: the weight decay", weightDecay);
      checkNotNegative("RMSprop: the momentum", momentum);
      variants = frozen(variants);
    }

    @Override
    public Options lr(double lr) {
      return new Options(lr, alpha, eps, weightDecay, momentum, variants);
    }

    /** Returns these options with another factor, at least 0, of the moving average of squares. */
    public Options alpha(double alpha) {
      return new Options(lr, alpha, eps, weightDecay, momentum, variants);
    }

    /** Returns these options with another number, at least 0, added to the denominator. */
    public Options eps(double eps) {
      return new Options(lr, alpha, eps, weightDecay, momentum, variants);
    }

    /** Returns these options with another weight decay, at least 0. */
    public Options weightDecay(double weightDecay) {
      return new Options(lr, alpha, eps, weightDecay, momentum, variants);
    }

    /** Returns these options with a momentum, at least 0. */
    public Options momentum(double momentum) {
      return new Options(lr, alpha, eps, weightDecay, momentum, variants);
    }

    /** Returns these options with the variance in the place of the mean of squares. */
    public Options centered() {
      return new Options(lr, alpha, eps, weightDecay, momentum, with(variants, Variant.CENTERED));
    }

    /** Returns these options with steps up, not down. */
    public Options maximize() {
      return new Options(lr, alpha, eps, weightDecay, momentum, with(variants, Variant.MAXIMIZE));
    }

    @Override
    public Map<String, Tensor> toTensors() {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("lr", number(lr));
      tensors.put("alpha", number(alpha));
      tensors.put("eps", number(eps));
      tensors.put("weight_decay", number(weightDecay));
      tensors.put("momentum", number(momentum));
      tensors.put("centered", flag(variants.contains(Variant.CENTERED)));
      tensors.put("maximize", flag(variants.contains(Variant.MAXIMIZE)));
      return tensors;
    }

    @Override
    public Options from(Map<String, Tensor> tensors) {
      given("from", "tensors", tensors);
      Options plain =
          new Options(
              value(tensors, "lr"),
              value(tensors, "alpha"),
              value(tensors, "eps"),
              value(tensors, "weight_decay"),
              value(tensors, "momentum"),
              Set.of());
      Options named = value(tensors, "centered") != 0 ? plain.centered() : plain;
      return value(tensors, "maximize") != 0 ? named.maximize() : named;
    }
  }

  /**
   * Returns PyTorch's defaults: a learning rate of 1e-2, alpha 0.99, eps 1e-8, and nothing else.
   */
  public static Options options() {
    return new Options(1e-2, 0.99, 1e-8, 0, 0, Set.of());
  }

  /** Makes an optimizer with the defaults. */
  public RMSprop(Collection<? extends Tensor> parameters) {
    this(parameters, options());
  }

  /** Makes an optimizer. */
  public RMSprop(Collection<? extends Tensor> parameters, Options options) {
    super(parameters, options);
  }

  /**
   * Adds a group with options of its own, and returns this optimizer.
   *
   * @throws IllegalArgumentException if there are no parameters, one is not a leaf, or one is there
   *     twice
   */
  public RMSprop addGroup(Collection<? extends Tensor> parameters, Options options) {
    add(parameters, options);
    return this;
  }

  @Override
  protected List<String> stateNames(Options options) {
    List<String> names = new ArrayList<>(List.of("square_avg"));
    if (options.momentum > 0) {
      names.add("momentum_buffer");
    }
    if (options.variants.contains(Variant.CENTERED)) {
      names.add("grad_avg");
    }
    return names;
  }

  @Override
  ElementStep formula(Moment<Options> moment) {
    Options options = moment.options();
    Set<Form> forms = EnumSet.noneOf(Form.class);
    if (options.momentum > 0) {
      forms.add(Form.MOMENTUM);
    }
    if (options.variants.contains(Variant.CENTERED)) {
      forms.add(Form.CENTERED);
    }
    if (options.variants.contains(Variant.MAXIMIZE)) {
      forms.add(Form.MAXIMIZE);
    }
    double alpha = options.alpha;
    return new ElementStep(
        Rule.RMSPROP,
        forms,
        options.weightDecay,
        1,
        List.of(alpha, 1 - alpha, options.eps, options.momentum, -options.lr));
  }
}
