package dev.chagres.optim;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.memory.Storage;
import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An optimizer that changes each parameter by its own gradient and what it keeps about that
 * parameter. A subclass says the formula; groups, state and their storage are the same for all.
 *
 * @param <O> the options of a group
 */
public abstract non-sealed class ParameterwiseOptimizer<O extends ParameterwiseOptimizer.Options<O>>
    extends Optimizer {

  /**
   * The numbers of a group. Immutable: what changes one returns new options.
   *
   * @param <O> the options themselves
   */
  public interface Options<O extends Options<O>> {
    /** Returns the learning rate. */
    double lr();

    /** Returns these options with another learning rate. */
    O lr(double lr);

    /** Returns all options by PyTorch's names, as small tensors: {@code lr} is a 0-d float64. */
    Map<String, Tensor> toTensors();

    /**
     * Checks that the numbers fit together, each of which may be right by itself.
     *
     * @throws IllegalArgumentException if they do not
     */
    default void checkTogether() {}

    /**
     * Returns options with the values that {@link #toTensors} gave.
     *
     * @throws IllegalArgumentException if one is missing or out of range
     */
    O from(Map<String, Tensor> tensors);
  }

  /**
   * Parameters that share options.
   *
   * @param <O> the options
   */
  public static final class OptionGroup<O extends Options<O>> implements Group {
    private final List<Tensor> parameters;
    private O options;
    private double initialLr = Double.NaN;

    OptionGroup(List<Tensor> parameters, O options) {
      this.parameters = parameters;
      this.options = options;
    }

    @Override
    public List<Tensor> parameters() {
      return parameters;
    }

    /** Returns the options. */
    public O options() {
      return options;
    }

    /**
     * Replaces the options, from the next step on.
     *
     * @throws IllegalArgumentException if the options do not fit together
     */
    public void setOptions(O options) {
      given("setOptions", "options", options);
      options.checkTogether();
      this.options = options;
    }

    @Override
    public double lr() {
      return options.lr();
    }

    @Override
    public void setLr(double lr) {
      setOptions(options.lr(lr));
    }

    /** Returns the rate that schedules begin with: what it was when the first of them was made. */
    double initialLr() {
      return Double.isNaN(initialLr) ? lr() : initialLr;
    }

    /** Returns what puts rates and options back, also the rate to begin with. */
    Runnable restorer() {
      O before = options;
      double first = initialLr;
      return () -> {
        options = before;
        initialLr = first;
      };
    }

    void setInitialLr(double lr) {
      initialLr = lr;
    }

    void replace(O options) {
      this.options = options;
    }
  }

  /**
   * What is kept about one parameter: how many steps it has seen, the tensors that {@link
   * #stateNames} names, and numbers of the library's own optimizers, also before the last step.
   */
  protected static final class State {
    long step;
    final List<Tensor> tensors;
    double[] numbers;
    double[] before;

    State(long step, List<Tensor> tensors, double[] numbers) {
      this.step = step;
      this.tensors = tensors;
      this.numbers = numbers;
      this.before = numbers;
      tensors.forEach(tensor -> tensor.storage().escape());
    }

    /** Returns how many steps the parameter has seen. */
    public long step() {
      return step;
    }

    /** Returns the tensors, in the order of {@link #stateNames}. */
    public List<Tensor> tensors() {
      return tensors;
    }
  }

  private static final double[] NONE = {};

  private final OptionGroups<O> groups = new OptionGroups<>(name(getClass()));
  private final IdentityHashMap<Tensor, State> states = new IdentityHashMap<>();

  /** States whose steps graphs may leave out, and how many they did, on the GPU; null: none yet. */
  private Set<State> omitted = Set.of();

  private @Nullable Tensor missed;

  /** While a step is captured that may be left out, the states that it changes. */
  private @Nullable Set<State> omitting;

  /** Whether a graph was replayed since the last look at what is missed. */
  private boolean isReplayed;

  /** Makes an optimizer with one group. */
  protected ParameterwiseOptimizer(Collection<? extends Tensor> parameters, O options) {
    add(parameters, options);
  }

  // ---- what a subclass says

  /**
   * Returns the names of the tensors kept for a parameter under these options, in PyTorch's
   * spelling.
   */
  protected abstract List<String> stateNames(O options);

  /** Returns whether PyTorch counts the steps of a parameter in the state dict. */
  protected abstract boolean countsSteps();

  /** Returns what the elements of a tensor kept for a parameter are at first: 0, unless said. */
  protected double initialValue(String stateName, O options) {
    return 0;
  }

  /** Returns options of PyTorch's that this class has once for all. */
  Map<String, Boolean> fixedOptions() {
    return Map.of();
  }

  /** Returns the names of the numbers kept for a parameter. */
  List<String> numberNames() {
    return List.of();
  }

  /** Returns what the numbers are before the first step. */
  double[] firstNumbers(O options) {
    return NONE;
  }

  /** Returns what a step leaves of the numbers. */
  double[] nextNumbers(long step, double[] numbers, O options) {
    return numbers;
  }

  /**
   * Changes one parameter, unrecorded. The state's tensors (there may be more than {@link
   * #stateNames} says) are as {@link #initialValue} says, and its step is 1, the first time.
   */
  protected abstract void update(Tensor parameter, Tensor gradient, State state, O options);

  // ---- groups

  /**
   * Adds a group with options of its own; a subclass offers that as {@code addGroup}, which returns
   * the optimizer.
   *
   * @throws IllegalArgumentException if there are no parameters, one is not a leaf, one is there
   *     twice, or the options do not fit together
   */
  protected final void add(Collection<? extends Tensor> parameters, O options) {
    groups.add(parameters, options);
  }

  @Override
  public final List<OptionGroup<O>> groups() {
    return groups.list();
  }

  // ---- steps

  @Override
  public final void step() {
    noteStep();
    settle();
    stepGroups();
  }

  private void stepGroups() {
    try (var _ = Autograd.noGrad()) {
      for (OptionGroup<O> group : groups.list()) {
        stepGroup(group);
      }
    }
  }

  /** Captures a step that replays leave out where a number on the GPU is not 0. */
  final void omit(Tensor found) {
    Primitives<Tensor> primitives = Primitives.of(found);
    Tensor count = missed;
    if (count == null) {
      count = primitives.outsideCapture(() -> Tensor.zeros(found.device(), DType.FLOAT64));
      count.storage().escape();
      missed = count;
    }
    Set<State> changed = Collections.newSetFromMap(new IdentityHashMap<>());
    omitting = changed;
    try {
      primitives.omitting(found, count, this::stepGroups);
    } finally {
      omitting = null;
    }
    if (!omitted.isEmpty() && !omitted.equals(changed)) {
      throw new IllegalStateException(
          "step: graphs that leave out steps of one optimizer change the same parameters, all of"
              + " them");
    }
    omitted = changed;
    try (var _ = Autograd.noGrad()) {
      count.add_(found);
    }
    primitives.beforeReplays(found, () -> isReplayed = true);
  }

  /** Takes off the numbers of steps what graphs have left out since the last time. */
  private void settle() {
    Tensor count = missed;
    if (count != null && isReplayed) {
      long steps =
          Primitives.of(count)
              .outsideCapture(
                  () -> {
                    long found = (long) count.item();
                    count.zero_();
                    return found;
                  });
      isReplayed = false;
      omitted.forEach(state -> state.step -= steps);
    }
  }

  /** What a step of one parameter needs. */
  record Change(Tensor parameter, Tensor gradient, State state) {
    /** How many steps the parameter has seen. */
    long step() {
      return state.step;
    }
  }

  /**
   * A step that fails does not count, and a state that it made is forgotten. A formula of a user's
   * may keep the gradient, which nobody frees.
   */
  void stepGroup(OptionGroup<O> group) {
    for (Tensor parameter : group.parameters) {
      Tensor gradient = parameter.grad();
      if (gradient != null) {
        step(parameter, gradient, group.options);
      }
    }
  }

  private void step(Tensor parameter, Tensor gradient, O options) {
    if (countsSteps() && Primitives.of(parameter).beforeReplays(parameter, () -> {})) {
      throw new IllegalStateException(
          "step: "
              + name()
              + " counts its steps in Java, and a captured one would be the same in"
              + " each replay");
    }
    State state = stateFor(parameter, options);
    state.step++;
    try {
      update(parameter, gradient, state, options);
    } catch (Throwable e) {
      state.step--;
      throw e;
    }
    states.put(parameter, state);
  }

  /** Counts a step that was done under these options. */
  final void count(Change change, O options) {
    count(change.state, options);
    keep(change);
  }

  final void count(State state, O options) {
    state.step++;
    state.before = state.numbers;
    state.numbers = nextNumbers(state.step, state.numbers, options);
  }

  /** Keeps what a step has made. */
  final void keep(Change change) {
    states.put(change.parameter, change.state);
    if (omitting != null) {
      omitting.add(change.state);
    }
  }

  /**
   * Returns the state that is there, or a new one; options that were changed to ones with more
   * tensors get those too.
   */
  final State stateFor(Tensor parameter, O options) {
    State state = states.get(parameter);
    List<String> names = stateNames(options);
    int wanted = names.size();
    if (state == null || state.tensors.size() < wanted) {
      List<Tensor> tensors = state == null ? new ArrayList<>() : new ArrayList<>(state.tensors);
      while (tensors.size() < wanted) {
        double initial = initialValue(names.get(tensors.size()), options);
        // A graph that captures the first step is not to begin with it each time.
        tensors.add(
            Primitives.of(parameter)
                .outsideCapture(() -> parameter.detach().newFull(parameter.shape(), initial)));
      }
      double[] numbers = state == null ? firstNumbers(options) : state.numbers;
      state = new State(state == null || !countsSteps() ? 0 : state.step, tensors, numbers);
    }
    return state;
  }

  @Override
  public final void forEachStorage(Consumer<Storage> action) {
    given("forEachStorage", "action", action);
    states
        .values()
        .forEach(state -> state.tensors.forEach(tensor -> tensor.forEachStorage(action)));
  }

  // ---- state

  @Override
  public final Map<String, Tensor> state(Tensor parameter) {
    given("state", "parameter", parameter);
    settle();
    Map<String, Tensor> named = new LinkedHashMap<>();
    State state = states.get(parameter);
    if (state != null) {
      collect(state, groups.optionsOf(parameter), named, "");
    }
    return named;
  }

  private void collect(State state, O options, Map<String, Tensor> into, String prefix) {
    if (countsSteps()) {
      into.put(prefix + "step", Tensor.scalar((float) state.step));
    }
    List<String> kept = numberNames();
    for (int i = 0; i < kept.size(); i++) {
      into.put(prefix + kept.get(i), Tensor.scalar((float) state.numbers[i]));
    }
    List<String> names = stateNames(options);
    for (int i = 0; i < names.size() && i < state.tensors.size(); i++) {
      into.put(prefix + names.get(i), state.tensors.get(i).detach());
    }
  }

  @Override
  public final Map<String, Tensor> stateDict() {
    settle();
    Map<String, Tensor> all = new LinkedHashMap<>();
    int number = 0;
    for (OptionGroup<O> group : groups.list()) {
      for (Tensor parameter : group.parameters) {
        State state = states.get(parameter);
        if (state != null) {
          collect(state, group.options, all, "state." + number + ".");
        }
        number++;
      }
    }
    groups.save(all);
    return all;
  }

  @Override
  public final void loadStateDict(Map<String, Tensor> saved) {
    Map<String, Tensor> rest = SavedState.copy(saved);
    List<OptionGroups.Saved<O>> options = groups.read(rest, fixedOptions());
    IdentityHashMap<Tensor, State> loaded = new IdentityHashMap<>();
    int number = 0;
    for (int g = 0; g < options.size(); g++) {
      for (Tensor parameter : groups.list().get(g).parameters) {
        State state =
            stateFrom(rest, "state." + number++ + ".", parameter, options.get(g).options());
        if (state != null) {
          loaded.put(parameter, state);
        }
      }
    }
    SavedState.checkEmpty("optimizer", rest);
    groups.set(options);
    states.clear();
    states.putAll(loaded);
    omitted = Set.of();
    missed = null;
    noteStep();
  }

  private @Nullable State stateFrom(
      Map<String, Tensor> rest, String prefix, Tensor parameter, O options) {
    if (rest.keySet().stream().noneMatch(name -> name.startsWith(prefix))) {
      return null;
    }
    long step = countsSteps() ? (long) SavedState.take(rest, prefix + "step").item() : 1;
    double[] numbers =
        numberNames().stream()
            .mapToDouble(name -> SavedState.take(rest, prefix + name).item())
            .toArray();
    List<Tensor> tensors = new ArrayList<>();
    for (String name : stateNames(options)) {
      Tensor source = SavedState.take(rest, prefix + name);
      if (!source.shape().equals(parameter.shape())) {
        throw new IllegalArgumentException(
            "loadStateDict: "
                + prefix
                + name
                + " has shape "
                + source.shape()
                + ", its parameter "
                + parameter.shape());
      }
      tensors.add(parameter.newEmpty(parameter.shape().toArray()).copy_(source.detach()));
    }
    return new State(step, tensors, numbers);
  }

  // ---- options, for subclasses

  /** Checks an option, {@code what} being its name in the error's text. */
  static void checkNotNegative(String what, double value) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(what + " " + value + " is not 0 or more, and finite");
    }
  }

  /** Checks the factors of moving averages. */
  static void checkBetas(String name, double beta1, double beta2) {
    checkBeta(name + ": the first beta", beta1);
    checkBeta(name + ": the second beta", beta2);
  }

  private static void checkBeta(String what, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(what + " " + value + " is not in [0, 1)");
    }
  }

  static void checkFinite(String what, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(what + " " + value + " is not finite");
    }
  }

  /** Returns an immutable copy whose order is that of the constants. */
  static <E extends Enum<E>> Set<E> frozen(Set<E> set) {
    return set.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(set));
  }

  static <E extends Enum<E>> Set<E> with(Set<E> set, E one) {
    Set<E> more = EnumSet.of(one);
    more.addAll(set);
    return more;
  }

  /** Returns a number as a 0-d float64 tensor. */
  protected static Tensor number(double value) {
    return Tensor.scalar(value, DType.FLOAT64);
  }

  /** Returns a flag as a 0-d bool tensor. */
  protected static Tensor flag(boolean value) {
    return Tensor.scalar(value);
  }

  /** Returns the direction that a saved flag says. */
  static Direction savedDirection(Map<String, Tensor> tensors) {
    return value(tensors, "maximize") != 0 ? Direction.UP : Direction.DOWN;
  }

  /** Returns two numbers as a tensor. */
  static Tensor pair(double first, double second) {
    return Tensor.of(new double[] {first, second}, DType.FLOAT64);
  }

  /** Returns two numbers, or throws {@link IllegalArgumentException} if they are not there. */
  static double[] pair(Map<String, Tensor> tensors, String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null || tensor.numel() != 2) {
      throw new IllegalArgumentException(
          "loadStateDict: the option " + name + " is missing, or not two numbers");
    }
    return tensor.toDouble().toDoubleArray();
  }

  /**
   * Returns the value of a 0-d tensor, or throws {@link IllegalArgumentException} if it is not
   * there.
   */
  protected static double value(Map<String, Tensor> tensors, String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null || tensor.numel() != 1) {
      throw new IllegalArgumentException(
          "loadStateDict: the option " + name + " is missing, or not one number");
    }
    return tensor.item();
  }

  /** Prints the options of all groups, by name, as PyTorch does. */
  @Override
  public String toString() {
    return groups.toString();
  }
}
