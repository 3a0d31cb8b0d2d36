package dev.chagres.optim;

import dev.chagres.tensor.Primitives;
import dev.chagres.tensor.Tensor;
import java.util.Collection;
import java.util.List;

/** Adam with weight decay in the gradient, or decoupled from it. */
abstract sealed class AdamFamily extends Optimizer<Adam.Options> permits Adam, AdamW {
  private static final List<String> PLAIN = List.of("exp_avg", "exp_avg_sq");
  private static final List<String> AMSGRAD = List.of("exp_avg", "exp_avg_sq", "max_exp_avg_sq");

  private final boolean decoupled;

  AdamFamily(Collection<? extends Tensor> parameters, Adam.Options options, boolean decoupled) {
    super(parameters, options);
    this.decoupled = decoupled;
  }

  @Override
  protected final List<String> stateNames(Adam.Options options) {
    return options.amsgrad ? AMSGRAD : PLAIN;
  }

  @Override
  protected final boolean countsSteps() {
    return true;
  }

  @Override
  protected final void update(
      Tensor parameter, Tensor gradient, State state, Adam.Options options) {
    Primitives.adamStep(
        new Primitives.AdamStep(
            options.lr,
            options.beta1,
            options.beta2,
            options.eps,
            options.weightDecay,
            state.step(),
            decoupled,
            options.amsgrad,
            options.maximize),
        parameter,
        gradient,
        state.tensors().subList(0, options.amsgrad ? 3 : 2));
  }
}
