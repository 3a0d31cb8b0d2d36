package dev.chagres.optim;

import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Primitives.Update;
import dev.chagres.tensor.Tensor;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Adam with weight decay in the gradient, or decoupled from it. */
abstract sealed class AdamFamily extends FusedOptimizer<Adam.Options> permits Adam, AdamW {
  private static final List<String> PLAIN = List.of("exp_avg", "exp_avg_sq");
  private static final List<String> AMSGRAD = List.of("exp_avg", "exp_avg_sq", "max_exp_avg_sq");

  private final AdamStep.Decay decay;

  AdamFamily(Collection<? extends Tensor> parameters, Adam.Options options, AdamStep.Decay decay) {
    super(parameters, options);
    this.decay = decay;
  }

  @Override
  protected final List<String> stateNames(Adam.Options options) {
    return options.variants().contains(Adam.Variant.AMSGRAD) ? AMSGRAD : PLAIN;
  }

  @Override
  void stepUnless(Tensor found) {
    omit(found);
  }

  @Override
  protected final boolean countsSteps() {
    return true;
  }

  @Override
  final Map<String, Boolean> fixedOptions() {
    return Map.of("decoupled_weight_decay", decay == AdamStep.Decay.DECOUPLED);
  }

  @Override
  final void update(
      List<Update<Tensor>> updates,
      Moment<Adam.Options> now,
      @Nullable Supplier<Moment<Adam.Options>> replays) {
    Primitives.of(updates.getFirst().parameter()).adamStep(numbers(now, replays), updates);
  }

  private AdamStep numbers(
      Moment<Adam.Options> moment, @Nullable Supplier<Moment<Adam.Options>> replays) {
    Adam.Options options = moment.options();
    return new AdamStep(
        options.lr(),
        options.beta1(),
        options.beta2(),
        options.eps(),
        options.weightDecay(),
        decay,
        moment.step(),
        options.variants().contains(Adam.Variant.AMSGRAD),
        options.variants().contains(Adam.Variant.MAXIMIZE),
        replays == null ? null : () -> numbers(replays.get(), null));
  }
}
