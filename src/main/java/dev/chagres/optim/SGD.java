package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Primitives.Update;
import dev.chagres.primitive.SgdStep;
import dev.chagres.tensor.Tensor;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stochastic gradient descent. With g the gradient plus {@code weightDecay} times the parameter,
 * and a momentum, {@code v = momentum v + (1 - dampening) g} (g itself at first) takes the place of
 * g, or, with Nesterov's momentum, {@code g + momentum v}; then the parameter loses {@code lr}
 * times that.
 */
public final class SGD extends FusedOptimizer<SGD.Options> {

  /** What differs from the plain rule. */
  public enum Variant {
    /** The momentum looks ahead (Nesterov, 1983). */
    NESTEROV,
    /** The steps go up, not down. */
    MAXIMIZE
  }

  /**
   * The numbers of a group.
   *
   * @param lr the learning rate, at least 0
   * @param momentum the factor of what is left of earlier steps, at least 0
   * @param dampening the part of a gradient that does not go into the momentum
   * @param weightDecay the part of the parameter, at least 0, that is added to its gradient
   * @param variants what differs from the plain rule
   */
  public record Options(
      double lr, double momentum, double dampening, double weightDecay, Set<Variant> variants)
      implements ParameterwiseOptimizer.Options<Options> {
    /**
     * Checks each number.
     *
     * @throws IllegalArgumentException if one is not finite, or negative where it may not be
     */
    public Options {
      each("SGD", "a variant", given("SGD", "variants", variants));
      checkNotNegative("SGD: the learning rate", lr);
      checkNotNegative("SGD: the momentum", momentum);
      checkNotNegative("SGD: the weight decay", weightDecay);
      checkFinite("SGD: the dampening", dampening);
      variants = frozen(variants);
    }

    @Override
    public Options lr(double lr) {
      return new Options(lr, momentum, dampening, weightDecay, variants);
    }

    /** Returns these options with a momentum, at least 0. */
    public Options momentum(double momentum) {
      return new Options(lr, momentum, dampening, weightDecay, variants);
    }

    /** Returns these options with a dampening of what is added to the momentum. */
    public Options dampening(double dampening) {
      return new Options(lr, momentum, dampening, weightDecay, variants);
    }

    /** Returns these options with a part of the parameter, at least 0, added to its gradient. */
    public Options weightDecay(double weightDecay) {
      return new Options(lr, momentum, dampening, weightDecay, variants);
    }

    /** Returns these options with Nesterov's momentum. */
    public Options nesterov() {
      return new Options(lr, momentum, dampening, weightDecay, with(variants, Variant.NESTEROV));
    }

    /** Returns these options with steps up, not down. */
    public Options maximize() {
      return new Options(lr, momentum, dampening, weightDecay, with(variants, Variant.MAXIMIZE));
    }

    @Override
    public void checkTogether() {
      if (variants.contains(Variant.NESTEROV) && (momentum <= 0 || dampening != 0)) {
        throw new IllegalArgumentException(
            "SGD: Nesterov momentum requires a momentum and zero dampening");
      }
    }

    @Override
    public Map<String, Tensor> toTensors() {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("lr", number(lr));
      tensors.put("momentum", number(momentum));
      tensors.put("dampening", number(dampening));
      tensors.put("weight_decay", number(weightDecay));
      tensors.put("nesterov", flag(variants.contains(Variant.NESTEROV)));
      tensors.put("maximize", flag(variants.contains(Variant.MAXIMIZE)));
      return tensors;
    }

    @Override
    public Options from(Map<String, Tensor> tensors) {
      given("from", "tensors", tensors);
      Options plain =
          new Options(
              value(tensors, "lr"),
              value(tensors, "momentum"),
              value(tensors, "dampening"),
              value(tensors, "weight_decay"),
              Set.of());
      Options named = value(tensors, "nesterov") != 0 ? plain.nesterov() : plain;
      return value(tensors, "maximize") != 0 ? named.maximize() : named;
    }
  }

  /** Returns PyTorch's defaults: a learning rate of 1e-3, and nothing else. */
  public static Options options() {
    return new Options(1e-3, 0, 0, 0, Set.of());
  }

  /** Makes an optimizer with the defaults. */
  public SGD(Collection<? extends Tensor> parameters) {
    this(parameters, options());
  }

  /**
   * Makes an optimizer.
   *
   * @throws IllegalArgumentException if Nesterov's momentum is asked for without a momentum, or
   *     with dampening
   */
  public SGD(Collection<? extends Tensor> parameters, Options options) {
    super(parameters, options);
  }

  /**
   * Adds a group with options of its own, and returns this optimizer.
   *
   * @throws IllegalArgumentException if there are no parameters, one is not a leaf, one is there
   *     twice, or the options do not fit together
   */
  public SGD addGroup(Collection<? extends Tensor> parameters, Options options) {
    add(parameters, options);
    return this;
  }

  @Override
  protected List<String> stateNames(Options options) {
    return options.momentum == 0 ? List.of() : List.of("momentum_buffer");
  }

  @Override
  void stepUnless(Tensor found) {
    omit(found);
  }

  @Override
  protected boolean countsSteps() {
    return false;
  }

  @Override
  void update(
      List<Update<Tensor>> updates,
      Moment<Options> now,
      @Nullable Supplier<Moment<Options>> replays) {
    Primitives.of(updates.getFirst().parameter()).sgdStep(numbers(now, replays), updates);
  }

  private static SgdStep numbers(
      Moment<Options> moment, @Nullable Supplier<Moment<Options>> replays) {
    Options options = moment.options();
    return new SgdStep(
        options.lr,
        options.momentum,
        options.dampening,
        options.weightDecay,
        moment.step(),
        options.variants.contains(Variant.NESTEROV),
        options.variants.contains(Variant.MAXIMIZE),
        replays == null ? null : () -> numbers(replays.get(), null));
  }
}
