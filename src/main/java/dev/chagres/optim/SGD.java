package dev.chagres.optim;

import dev.chagres.tensor.Primitives;
import dev.chagres.tensor.Tensor;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Stochastic gradient descent. With g the gradient plus {@code weightDecay} times the parameter,
 * and a momentum, {@code v = momentum v + (1 - dampening) g} (g itself at first) takes the place of
 * g, or, with Nesterov's momentum, {@code g + momentum v}; then the parameter loses {@code lr}
 * times that.
 */
public final class SGD extends Optimizer<SGD.Options> {

  /** The numbers of a group. */
  public static final class Options implements Optimizer.Options<Options> {
    private final double lr;
    private final double momentum;
    private final double dampening;
    private final double weightDecay;
    private final boolean nesterov;
    private final boolean maximize;

    private Options(Values values) {
      check("learning rate", values.lr);
      check("momentum", values.momentum);
      check("weight decay", values.weightDecay);
      this.lr = values.lr;
      this.momentum = values.momentum;
      this.dampening = values.dampening;
      this.weightDecay = values.weightDecay;
      this.nesterov = values.nesterov;
      this.maximize = values.maximize;
    }

    /** Options while they change. */
    private static final class Values {
      double lr = 1e-3;
      double momentum;
      double dampening;
      double weightDecay;
      boolean nesterov;
      boolean maximize;
    }

    private static void check(String name, double value) {
      if (!(value >= 0)) {
        throw new IllegalArgumentException("SGD: the " + name + " " + value + " is negative");
      }
    }

    private Values values() {
      Values values = new Values();
      values.lr = lr;
      values.momentum = momentum;
      values.dampening = dampening;
      values.weightDecay = weightDecay;
      values.nesterov = nesterov;
      values.maximize = maximize;
      return values;
    }

    @Override
    public double lr() {
      return lr;
    }

    @Override
    public Options lr(double lr) {
      Values values = values();
      values.lr = lr;
      return new Options(values);
    }

    /** Returns these options with a momentum, at least 0. */
    public Options momentum(double momentum) {
      Values values = values();
      values.momentum = momentum;
      return new Options(values);
    }

    /** Returns these options with a dampening of what is added to the momentum. */
    public Options dampening(double dampening) {
      Values values = values();
      values.dampening = dampening;
      return new Options(values);
    }

    /** Returns these options with a part of the parameter, at least 0, added to its gradient. */
    public Options weightDecay(double weightDecay) {
      Values values = values();
      values.weightDecay = weightDecay;
      return new Options(values);
    }

    /** Returns these options with Nesterov's momentum. */
    public Options nesterov() {
      Values values = values();
      values.nesterov = true;
      return new Options(values);
    }

    /** Returns these options with steps up, not down. */
    public Options maximize() {
      Values values = values();
      values.maximize = true;
      return new Options(values);
    }

    private Options complete() {
      if (nesterov && (momentum <= 0 || dampening != 0)) {
        throw new IllegalArgumentException(
            "SGD: Nesterov momentum requires a momentum and zero dampening");
      }
      return this;
    }

    @Override
    public Map<String, Tensor> toTensors() {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("lr", number(lr));
      tensors.put("momentum", number(momentum));
      tensors.put("dampening", number(dampening));
      tensors.put("weight_decay", number(weightDecay));
      tensors.put("nesterov", flag(nesterov));
      tensors.put("maximize", flag(maximize));
      return tensors;
    }

    @Override
    public Options from(Map<String, Tensor> tensors) {
      Values values = new Values();
      values.lr = value(tensors, "lr");
      values.momentum = value(tensors, "momentum");
      values.dampening = value(tensors, "dampening");
      values.weightDecay = value(tensors, "weight_decay");
      values.nesterov = value(tensors, "nesterov") != 0;
      values.maximize = value(tensors, "maximize") != 0;
      return new Options(values).complete();
    }
  }

  /** Returns PyTorch's defaults: a learning rate of 1e-3, and nothing else. */
  public static Options options() {
    return new Options(new Options.Values());
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
    super(parameters, options.complete());
  }

  @Override
  protected List<String> stateNames(Options options) {
    return options.momentum == 0 ? List.of() : List.of("momentum_buffer");
  }

  @Override
  protected boolean countsSteps() {
    return false;
  }

  @Override
  protected void update(Tensor parameter, Tensor gradient, State state, Options options) {
    boolean first = state.step() == 1;
    Primitives.sgdStep(
        new Primitives.SgdStep(
            options.lr,
            options.momentum,
            options.dampening,
            options.weightDecay,
            options.nesterov,
            first,
            options.maximize),
        parameter,
        gradient,
        options.momentum == 0 ? null : state.tensors().getFirst());
  }
}
