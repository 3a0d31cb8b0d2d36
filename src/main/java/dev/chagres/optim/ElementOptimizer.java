package dev.chagres.optim;

import dev.chagres.primitive.ElementStep;
import dev.chagres.primitive.ElementStep.Form;
import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Primitives.Update;
import dev.chagres.tensor.Tensor;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An optimizer by one of the rules that change each element by itself; a subclass says which. */
abstract sealed class ElementOptimizer<O extends ParameterwiseOptimizer.Options<O>>
    extends FusedOptimizer<O>
    permits RMSprop, Adagrad, Adadelta, Adamax, NAdam, RAdam, ASGD, Rprop {

  ElementOptimizer(Collection<? extends Tensor> parameters, O options) {
    super(parameters, options);
  }

  /** What a rule has to know of where its steps lead. */
  static Set<Form> forms(Direction direction) {
    return direction == Direction.UP ? Set.of(Form.MAXIMIZE) : Set.of();
  }

  /** Returns the rule and its numbers. */
  abstract ElementStep formula(Moment<O> moment);

  @Override
  protected final boolean countsSteps() {
    return true;
  }

  @Override
  final void update(
      List<Update<Tensor>> updates, Moment<O> now, @Nullable Supplier<Moment<O>> replays) {
    ElementStep step = formula(now);
    Primitives.of(updates.getFirst().parameter())
        .elementStep(replays == null ? step : step.replayed(() -> formula(replays.get())), updates);
  }
}
