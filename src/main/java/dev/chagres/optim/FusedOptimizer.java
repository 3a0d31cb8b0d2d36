package dev.chagres.optim;

import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Primitives.Update;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An optimizer whose step is one operation of the library's for many parameters. Nobody else sees
 * the gradients, so that they may be freed as soon as they are forgotten.
 */
abstract sealed class FusedOptimizer<O extends ParameterwiseOptimizer.Options<O>>
    extends ParameterwiseOptimizer<O> permits SGD, AdamFamily, ElementOptimizer {

  FusedOptimizer(Collection<? extends Tensor> parameters, O options) {
    super(parameters, options);
  }

  /** Which step it is, under which options, and the numbers that earlier steps have left. */
  record Moment<O>(long step, O options, List<Double> numbers) {
    private static <O> Moment<O> of(long step, O options, double[] numbers) {
      List<Double> list = List.of();
      if (numbers.length > 0) {
        list = Arrays.stream(numbers).boxed().toList();
      }
      return new Moment<>(step, options, list);
    }
  }

  /**
   * Changes parameters for which it is the same step.
   *
   * @param replays says which it is in each replay of a graph that captures it; null outside one
   */
  abstract void update(
      List<Update<Tensor>> updates, Moment<O> now, @Nullable Supplier<Moment<O>> replays);

  @Override
  protected final void update(Tensor parameter, Tensor gradient, State state, O options) {
    Update<Tensor> one = of(new Change(parameter, gradient, state), options);
    update(List.of(one), Moment.of(state.step(), options, state.numbers), null);
  }

  private Update<Tensor> of(Change change, O options) {
    List<Tensor> state = change.state().tensors().subList(0, stateNames(options).size());
    return new Update<>(change.parameter(), change.gradient(), state);
  }

  @Override
  final void stepGroup(OptionGroup<O> group) {
    List<Tensor> parameters = group.parameters();
    O options = group.options();
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
        while (to < changes.size() && isAsFar(changes.get(to).state(), changes.get(from).state())) {
          to++;
        }
        stepTogether(changes.subList(from, to), group);
        from = to;
      }
    } finally {
      changes.forEach(change -> primitives.returnGradient(change.parameter(), change.gradient()));
    }
  }

  private static boolean isAsFar(State one, State other) {
    return one.step() == other.step() && Arrays.equals(one.numbers, other.numbers);
  }

  private void stepTogether(List<Change> changes, OptionGroup<O> group) {
    O options = group.options();
    List<Update<Tensor>> updates = new ArrayList<>(changes.size());
    List<State> states = new ArrayList<>(changes.size());
    for (Change change : changes) {
      updates.add(of(change, options));
      states.add(change.state());
    }
    Tensor first = changes.getFirst().parameter();
    State state = changes.getFirst().state();
    var now = Moment.of(state.step() + 1, options, state.numbers);
    if (Primitives.of(first).beforeReplays(first, () -> countTogether(states, group))) {
      update(updates, now, () -> Moment.of(state.step(), group.options(), state.before));
      changes.forEach(this::keep);
    } else {
      update(updates, now, null);
      changes.forEach(change -> count(change, options));
    }
  }

  /** Counts a step that a replay does. */
  private void countTogether(List<State> states, OptionGroup<O> group) {
    State first = states.getFirst();
    for (State state : states) {
      if (!isAsFar(state, first)) {
        throw new IllegalStateException(
            "replay: parameters that were captured in one step have had different numbers of steps"
                + " since, so capture the graph again");
      }
    }
    states.forEach(state -> count(state, group.options()));
  }
}
