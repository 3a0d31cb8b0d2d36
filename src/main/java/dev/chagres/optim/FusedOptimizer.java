package dev.chagres.optim;

import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Primitives.Update;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * An optimizer whose step is one operation of the library's for many parameters. Nobody else sees
 * the gradients, so that they may be freed as soon as they are forgotten.
 */
abstract sealed class FusedOptimizer<O extends ParameterwiseOptimizer.Options<O>>
    extends ParameterwiseOptimizer<O> permits SGD, AdamFamily {

  FusedOptimizer(Collection<? extends Tensor> parameters, O options) {
    super(parameters, options);
  }

  /** Changes parameters for which it is the same step. */
  abstract void update(List<Update<Tensor>> updates, long step, O options);

  @Override
  protected final void update(Tensor parameter, Tensor gradient, State state, O options) {
    update(List.of(of(new Change(parameter, gradient, state), options)), state.step(), options);
  }

  private Update<Tensor> of(Change change, O options) {
    List<Tensor> state = change.state().tensors().subList(0, stateNames(options).size());
    return new Update<>(change.parameter(), change.gradient(), state);
  }

  @Override
  final void step(List<Tensor> parameters, O options) {
    Primitives<Tensor> primitives = Primitives.of(parameters.getFirst());
    List<Change> changes = new ArrayList<>(parameters.size());
    try {
      for (Tensor parameter : parameters) {
        Tensor gradient = primitives.borrowGradient(parameter);
        if (gradient != null) {
          changes.add(new Change(parameter, gradient, stateFor(parameter, options)));
        }
      }
      int from = 0;
      while (from < changes.size()) {
        int to = from + 1;
        while (to < changes.size() && changes.get(to).step() == changes.get(from).step()) {
          to++;
        }
        stepTogether(changes.subList(from, to), options);
        from = to;
      }
    } finally {
      changes.forEach(change -> primitives.returnGradient(change.parameter(), change.gradient()));
    }
  }

  private void stepTogether(List<Change> changes, O options) {
    List<Update<Tensor>> updates = new ArrayList<>(changes.size());
    for (Change change : changes) {
      updates.add(of(change, options));
    }
    update(updates, changes.getFirst().step() + 1, options);
    changes.forEach(this::count);
  }
}
