package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.primitive.AdamStep;
import dev.chagres.tensor.Tensor;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Adam (Kingma and Ba, 2015). With g the gradient plus {@code weightDecay} times the parameter:
 * {@code m = beta1 m + (1 - beta1) g}, {@code v = beta2 v + (1 - beta2) g^2}, and at step t the
 * parameter loses {@code lr * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)}. With AMSGrad
 * (Reddi et al., 2018) the greatest v so far takes the place of v there.
 */
public final class Adam extends AdamFamily {

  /** What differs from the plain rule. */
  public enum Variant {
    /** The greatest average of squares so far counts (Reddi et al., 2018). */
    AMSGRAD,
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
      each("Adam", "a variant", given("Adam", "variants", variants));
      checkNotNegative("Adam: the learning rate", lr);
      checkNotNegative("Adam: the eps", eps);
      checkBetas("Adam", beta1, beta2);
      checkNotNegative("Adam: the weight decay", weightDecay);
      variants = frozen(variants);
    }

    @Override
    public Options lr(double lr) {
      return new Options(lr, beta1, beta2, eps, weightDecay, variants);
    }

    /**
     * Returns these options with other factors, in [0, 1), of the moving averages of the gradient
     * and of its square.
     */
    public Options betas(double beta1, double beta2) {
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

    /** Returns these options with AMSGrad. */
    public Options amsgrad() {
      return new Options(lr, beta1, beta2, eps, weightDecay, with(variants, Variant.AMSGRAD));
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
      tensors.put("amsgrad", flag(variants.contains(Variant.AMSGRAD)));
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
      Options named = value(tensors, "amsgrad") != 0 ? plain.amsgrad() : plain;
      return value(tensors, "maximize") != 0 ? named.maximize() : named;
    }
  }

  /**
   * Returns PyTorch's defaults: a learning rate of 1e-3, betas 0.9 and 0.999, eps 1e-8, no weight
   * decay.
   */
  public static Options options() {
    return new Options(1e-3, 0.9, 0.999, 1e-8, 0, Set.of());
  }

  /** Makes an optimizer with the defaults. */
  public Adam(Collection<? extends Tensor> parameters) {
    this(parameters, options());
  }

  /** Makes an optimizer. */
  public Adam(Collection<? extends Tensor> parameters, Options options) {
    super(parameters, options, AdamStep.Decay.IN_THE_GRADIENT);
  }

  /**
   * Adds a group with options of its own, and returns this optimizer.
   *
   * @throws IllegalArgumentException if there are no parameters, one is not a leaf, or one is there
   *     twice
   */
  public Adam addGroup(Collection<? extends Tensor> parameters, Options options) {
    add(parameters, options);
    return this;
  }
}
