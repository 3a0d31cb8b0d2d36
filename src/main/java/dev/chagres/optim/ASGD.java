package dev.chagres.optim;

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
 * Averaged stochastic gradient descent (Polyak and Juditsky, 1992). With g the gradient plus {@code
 * weightDecay} times the parameter, which is first multiplied by {@code 1 - lambd eta}, it loses
 * {@code eta g}; after step t {@code eta = lr / (1 + lambd lr t)^alpha}. From step {@code t0} on
 * the state {@code ax} is the parameter's average, and before that the parameter.
 */
public final class ASGD extends ElementOptimizer<ASGD.Options> {

  /**
   * The numbers of a group.
   *
   * @param lr the learning rate, at least 0
   * @param lambd how the rate and the parameter fall
   * @param alpha the power by which the rate falls
   * @param t0 the step from which on the parameters are averaged
   * @param weightDecay the part of the parameter, at least 0, that is added to its gradient
   * @param direction where the steps lead
   */
  public record Options(
      double lr, double lambd, double alpha, double t0, double weightDecay, Direction direction)
      implements ParameterwiseOptimizer.Options<Options> {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of range or not finite
     */
    public Options {
      given("ASGD", "direction", direction);
      checkNotNegative("ASGD: the learning rate", lr);
      checkFinite("ASGD: the lambd", lambd);
      checkFinite("ASGD: the alpha", alpha);
      checkFinite("ASGD: the t0", t0);
      checkNotNegative("ASGD: the weight decay", weightDecay);
    }

    @Override
    public Options lr(double lr) {
      return new Options(lr, lambd, alpha, t0, weightDecay, direction);
    }

    /** Returns these options with another number by which the rate and the parameter fall. */
    public Options lambd(double lambd) {
      return new Options(lr, lambd, alpha, t0, weightDecay, direction);
    }

    /** Returns these options with another power by which the rate falls. */
    public Options alpha(double alpha) {
      return new Options(lr, lambd, alpha, t0, weightDecay, direction);
    }

    /** Returns these options with another step from which on the parameters are averaged. */
    public Options t0(double t0) {
      return new Options(lr, lambd, alpha, t0, weightDecay, direction);
    }

    /** Returns these options with another weight decay, at least 0. */
    public Options weightDecay(double weightDecay) {
      return new Options(lr, lambd, alpha, t0, weightDecay, direction);
    }

    /** Returns these options with steps up, not down. */
    public Options maximize() {
      return new Options(lr, lambd, alpha, t0, weightDecay, Direction.UP);
    }

    @Override
    public Map<String, Tensor> toTensors() {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("lr", number(lr));
      tensors.put("lambd", number(lambd));
      tensors.put("alpha", number(alpha));
      tensors.put("t0", number(t0));
      tensors.put("weight_decay", number(weightDecay));
      tensors.put("maximize", flag(direction == Direction.UP));
      return tensors;
    }

    @Override
    public Options from(Map<String, Tensor> tensors) {
      given("from", "tensors", tensors);
      return new Options(
          value(tensors, "lr"),
          value(tensors, "lambd"),
          value(tensors, "alpha"),
          value(tensors, "t0"),
          value(tensors, "weight_decay"),
          savedDirection(tensors));
    }
  }

  /**
   * Returns PyTorch's defaults: a learning rate of 1e-2, lambd 1e-4, alpha 0.75, t0 1e6, and no
   * weight decay.
   */
  public static Options options() {
    return new Options(1e-2, 1e-4, 0.75, 1e6, 0, Direction.DOWN);
  }

  /** Makes an optimizer with the defaults. */
  public ASGD(Collection<? extends Tensor> parameters) {
    this(parameters, options());
  }

  /** Makes an optimizer. */
  public ASGD(Collection<? extends Tensor> parameters, Options options) {
    super(parameters, options);
  }

  /**
   * Adds a group with options of its own, and returns this optimizer.
   *
   * @throws IllegalArgumentException if there are no parameters, one is not a leaf, or one is there
   *     twice
   */
  public ASGD addGroup(Collection<? extends Tensor> parameters, Options options) {
    add(parameters, options);
    return this;
  }

  @Override
  protected List<String> stateNames(Options options) {
    return List.of("ax");
  }

  @Override
  List<String> numberNames() {
    return List.of("eta", "mu");
  }

  @Override
  double[] firstNumbers(Options options) {
    return new double[] {(float) options.lr, 1};
  }

  /** Returns the rate and the weight for the step after this one, in float32, as in PyTorch. */
  @Override
  double[] nextNumbers(long step, double[] numbers, Options options) {
    double lr = options.lr;
    return new double[] {
      (float) (lr / Math.pow(1 + options.lambd * lr * step, options.alpha)),
      (float) (1 / Math.max(1, step - options.t0))
    };
  }

  @Override
  ElementStep formula(Moment<Options> moment) {
    Options options = moment.options();
    double eta = moment.numbers().getFirst();
    double mu = moment.numbers().getLast();
    Set<Form> forms = EnumSet.noneOf(Form.class);
    if (options.direction == Direction.UP) {
      forms.add(Form.MAXIMIZE);
    }
    if (mu != 1) {
      forms.add(Form.LATER);
    }
    return new ElementStep(
        Rule.ASGD, forms, options.weightDecay, 1 - options.lambd * eta, List.of(-eta, mu));
  }
}
