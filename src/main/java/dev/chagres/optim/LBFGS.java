package dev.chagres.optim;

import static dev.chagres.check.Given.given;

import dev.chagres.memory.Storage;
import dev.chagres.optim.ParameterwiseOptimizer.OptionGroup;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno (Liu and Nocedal, 1989):
 * steps along the gradient times an approximate inverse of the second derivatives, made of the last
 * changes. A step computes the loss several times, so that it takes what computes it:
 *
 * <pre>{@code
 * var optimizer = new LBFGS(model.parameters());
 * optimizer.step(
 *     () -> {
 *       optimizer.zeroGrad();
 *       Tensor loss = lossFn.call(model.call(x), y);
 *       loss.backward();
 *       return loss;
 *     });
 * }</pre>
 *
 * <p>There is one group of parameters, all of one dtype and on one device. It keeps twice as many
 * numbers as there are parameters for each change that it remembers, and reads some numbers from a
 * GPU in each iteration.
 */
public final class LBFGS extends Optimizer {
  private final OptionGroups<Options> groups = new OptionGroups<>(name());
  private Memory memory = new Memory();

  /** How far a step goes. */
  public enum LineSearch {
    /** As far as the learning rate says. */
    NONE,
    /** As far as the strong Wolfe conditions ask for; the learning rate is what is tried first. */
    STRONG_WOLFE
  }

  /**
   * The numbers of the group.
   *
   * @param lr the learning rate, at least 0
   * @param maxIter how many iterations a step has at most
   * @param maxEval how many losses end a step; null for a quarter more than iterations
   * @param toleranceGrad the size of the gradient's greatest element that ends a step
   * @param toleranceChange the change of the parameters or of the loss that ends a step
   * @param historySize how many changes are remembered
   * @param lineSearch how far a step goes
   */
  public record Options(
      double lr,
      int maxIter,
      @Nullable Integer maxEval,
      double toleranceGrad,
      double toleranceChange,
      int historySize,
      LineSearch lineSearch)
      implements ParameterwiseOptimizer.Options<Options> {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of range or not finite
     */
    public Options {
      given("LBFGS", "lineSearch", lineSearch);
      ParameterwiseOptimizer.checkNotNegative("LBFGS: the learning rate", lr);
      if (maxIter < 1 || historySize < 1 || (maxEval != null && maxEval < 1)) {
        throw new IllegalArgumentException(
            "LBFGS: iterations, evaluations and what is remembered are at least 1");
      }
      if (Double.isNaN(toleranceGrad) || Double.isNaN(toleranceChange)) {
        throw new IllegalArgumentException("LBFGS: a tolerance is NaN");
      }
    }

    @Override
    public Options lr(double lr) {
      return new Options(
          lr, maxIter, maxEval, toleranceGrad, toleranceChange, historySize, lineSearch);
    }

    /** Returns these options with another greatest number of iterations. */
    public Options maxIter(int maxIter) {
      return new Options(
          lr, maxIter, maxEval, toleranceGrad, toleranceChange, historySize, lineSearch);
    }

    /** Returns these options with another greatest number of losses. */
    public Options maxEval(int maxEval) {
      return new Options(
          lr, maxIter, maxEval, toleranceGrad, toleranceChange, historySize, lineSearch);
    }

    /** Returns these options with another gradient that is small enough. */
    public Options toleranceGrad(double toleranceGrad) {
      return new Options(
          lr, maxIter, maxEval, toleranceGrad, toleranceChange, historySize, lineSearch);
    }

    /** Returns these options with another change that is too small. */
    public Options toleranceChange(double toleranceChange) {
      return new Options(
          lr, maxIter, maxEval, toleranceGrad, toleranceChange, historySize, lineSearch);
    }

    /** Returns these options with another number of changes that are remembered. */
    public Options historySize(int historySize) {
      return new Options(
          lr, maxIter, maxEval, toleranceGrad, toleranceChange, historySize, lineSearch);
    }

    /** Returns these options with another rule of how far a step goes. */
    public Options lineSearch(LineSearch lineSearch) {
      return new Options(
          lr, maxIter, maxEval, toleranceGrad, toleranceChange, historySize, lineSearch);
    }

    private int evaluations() {
      return maxEval == null ? maxIter + maxIter / 4 : maxEval;
    }

    /** Returns all options but the line search, which is a text in PyTorch, as small tensors. */
    @Override
    public Map<String, Tensor> toTensors() {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("lr", ParameterwiseOptimizer.number(lr));
      tensors.put("max_iter", Tensor.scalar((long) maxIter));
      tensors.put("max_eval", Tensor.scalar((long) evaluations()));
      tensors.put("tolerance_grad", ParameterwiseOptimizer.number(toleranceGrad));
      tensors.put("tolerance_change", ParameterwiseOptimizer.number(toleranceChange));
      tensors.put("history_size", Tensor.scalar((long) historySize));
      return tensors;
    }

    @Override
    public Options from(Map<String, Tensor> tensors) {
      given("from", "tensors", tensors);
      return new Options(
          ParameterwiseOptimizer.value(tensors, "lr"),
          (int) ParameterwiseOptimizer.value(tensors, "max_iter"),
          (int) ParameterwiseOptimizer.value(tensors, "max_eval"),
          ParameterwiseOptimizer.value(tensors, "tolerance_grad"),
          ParameterwiseOptimizer.value(tensors, "tolerance_change"),
          (int) ParameterwiseOptimizer.value(tensors, "history_size"),
          lineSearch);
    }
  }

  /** A remembered change: of the gradient, of the parameters, and 1 by their product, 0-d. */
  private record Pair(Tensor gradient, Tensor parameters, Tensor inverse) {
    void escape() {
      gradient.storage().escape();
      parameters.storage().escape();
      inverse.storage().escape();
    }
  }

  /** What is kept from iteration to iteration; the tensors are null before the first. */
  private static final class Memory {
    private long evaluations;
    private long iterations;
    private final List<Pair> pairs = new ArrayList<>();
    private @Nullable Tensor direction;
    private @Nullable Tensor gradient;
    private @Nullable Tensor scale;
    private double length;
    private double loss;
  }

  /** Returns PyTorch's defaults: a learning rate of 1, up to 20 iterations, and no line search. */
  public static Options options() {
    return new Options(1, 20, null, 1e-7, 1e-9, 100, LineSearch.NONE);
  }

  /** Makes an optimizer with the defaults. */
  public LBFGS(Collection<? extends Tensor> parameters) {
    this(parameters, options());
  }

  /**
   * Makes an optimizer.
   *
   * @throws IllegalArgumentException if there are no parameters, one is not a leaf, one is there
   *     twice, or their dtypes or devices differ
   */
  public LBFGS(Collection<? extends Tensor> parameters, Options options) {
    groups.add(parameters, options);
    Tensor first = parameters().getFirst();
    for (Tensor parameter : parameters()) {
      if (parameter.dtype() != first.dtype() || !parameter.device().equals(first.device())) {
        throw new IllegalArgumentException(
            "LBFGS: the parameters are of several dtypes or on several devices");
      }
    }
  }

  private List<Tensor> parameters() {
    return groups.list().getFirst().parameters();
  }

  @Override
  public List<OptionGroup<Options>> groups() {
    return groups.list();
  }

  // ---- steps

  /**
   * Is not possible: a step computes the loss several times.
   *
   * @throws UnsupportedOperationException always
   */
  @Override
  public void step() {
    throw new UnsupportedOperationException(
        "step: LBFGS computes the loss several times; call step(closure) with what zeroes the"
            + " gradients, computes the loss and its gradients, and returns it");
  }

  /**
   * Takes a step of several iterations, and returns the first loss.
   *
   * @param closure zeroes the gradients, computes the loss and its gradients, and returns it
   */
  @Override
  public Tensor step(Supplier<Tensor> closure) {
    given("step", "closure", closure);
    noteStep();
    try (var _ = Autograd.noGrad()) {
      return new Step(closure).run();
    }
  }

  /** The state of one step. */
  private final class Step {
    private final Supplier<Tensor> closure;
    private final Options options = groups.list().getFirst().options();
    private int evaluations;
    private double loss;
    private Tensor gradient;

    private Step(Supplier<Tensor> closure) {
      this.closure = closure;
      this.gradient = Tensor.empty(0);
    }

    private Tensor evaluate() {
      Tensor value;
      try (var _ = Autograd.enableGrad()) {
        value = given("step", "what the closure returned", closure.get());
      }
      evaluations++;
      memory.evaluations++;
      loss = value.item();
      gradient = flatGradient();
      return value;
    }

    private Tensor run() {
      Tensor first = evaluate();
      if (isSmall(gradient)) {
        return first;
      }
      for (int i = 1; i <= options.maxIter; i++) {
        memory.iterations++;
        Tensor direction = direction();
        direction.storage().escape();
        memory.direction = direction;
        memory.gradient = kept(gradient);
        double before = loss;
        memory.loss = before;
        memory.length =
            memory.iterations == 1
                ? Math.min(1, 1 / gradient.abs().sum().item()) * options.lr
                : options.lr;
        double slope = gradient.dot(direction).item();
        if (slope > -options.toleranceChange) {
          break;
        }
        boolean last = i == options.maxIter;
        if (options.lineSearch == LineSearch.STRONG_WOLFE) {
          search(direction, slope);
        } else {
          move(memory.length, direction);
          if (!last) {
            evaluate();
          }
        }
        if (last
            || evaluations >= options.evaluations()
            || isSmall(gradient)
            || direction.abs().max().item() * memory.length <= options.toleranceChange
            || Math.abs(loss - before) < options.toleranceChange) {
          break;
        }
      }
      return first;
    }

    private boolean isSmall(Tensor flat) {
      return flat.abs().max().item() <= options.toleranceGrad;
    }

    /** Returns where to go from here, by the changes so far. */
    private Tensor direction() {
      Tensor earlier = memory.gradient;
      Tensor went = memory.direction;
      if (memory.iterations == 1 || earlier == null || went == null) {
        memory.scale = kept(gradient.newOnes());
        return gradient.neg();
      }
      Tensor change = gradient.sub(earlier);
      Tensor step = went.mul(memory.length);
      Tensor product = change.dot(step);
      if (product.item() > 1e-10) {
        if (memory.pairs.size() == options.historySize) {
          memory.pairs.removeFirst();
        }
        Pair pair = new Pair(change, step, product.reciprocal());
        pair.escape();
        memory.pairs.add(pair);
        memory.scale = kept(product.div(change.dot(change)));
      }
      Tensor direction = gradient.neg();
      List<Tensor> weights = new ArrayList<>();
      for (Pair pair : memory.pairs.reversed()) {
        Tensor weight = pair.parameters.dot(direction).mul(pair.inverse);
        weights.addFirst(weight);
        direction.addcmul_(pair.gradient, weight, -1);
      }
      Tensor scale = memory.scale;
      direction.mul_(scale == null ? gradient.newOnes() : scale);
      for (int i = 0; i < weights.size(); i++) {
        Pair pair = memory.pairs.get(i);
        Tensor less = pair.gradient.dot(direction).mul(pair.inverse);
        direction.addcmul_(pair.parameters, weights.get(i).sub(less));
      }
      return direction;
    }

    private void search(Tensor direction, double slope) {
      List<Tensor> start = parameters().stream().map(p -> p.detach().clone()).toList();
      StrongWolfe search =
          new StrongWolfe(
              t -> {
                move(t, direction);
                evaluate();
                for (int i = 0; i < start.size(); i++) {
                  parameters().get(i).copy_(start.get(i));
                }
                return new StrongWolfe.Point(t, loss, gradient, gradient.dot(direction).item());
              },
              new StrongWolfe.Point(0, loss, gradient, slope),
              options.evaluations() - evaluations);
      double size = direction.abs().max().item();
      StrongWolfe.Point best = search.search(memory.length, options.toleranceChange / size);
      memory.length = best.t();
      loss = best.value();
      gradient = best.gradient();
      move(memory.length, direction);
    }
  }

  private static Tensor kept(Tensor x) {
    x.storage().escape();
    return x;
  }

  /** Returns all gradients in one vector, with zeros where there is none. */
  private Tensor flatGradient() {
    List<Tensor> flat = new ArrayList<>();
    for (Tensor parameter : parameters()) {
      Tensor gradient = parameter.grad();
      flat.add(
          gradient == null
              ? parameter.detach().newZeros(parameter.numel())
              : gradient.detach().flatten());
    }
    return Tensor.cat(flat, 0);
  }

  /** Moves the parameters so far along a direction. */
  private void move(double length, Tensor direction) {
    long from = 0;
    for (Tensor parameter : parameters()) {
      long numel = parameter.numel();
      parameter.add_(direction.narrow(0, from, numel).reshape(parameter.shape()), length);
      from += numel;
    }
  }

  // ---- state

  /**
   * Returns what is kept, for the first parameter; for the others nothing. The names are PyTorch's,
   * of lists with the number behind: {@code old_dirs.0}.
   */
  @Override
  public Map<String, Tensor> state(Tensor parameter) {
    given("state", "parameter", parameter);
    groups.optionsOf(parameter);
    return parameter == parameters().getFirst() ? save("") : new LinkedHashMap<>();
  }

  private Map<String, Tensor> save(String prefix) {
    Map<String, Tensor> into = new LinkedHashMap<>();
    if (memory.evaluations == 0) {
      return into;
    }
    into.put(prefix + "func_evals", Tensor.scalar(memory.evaluations));
    into.put(prefix + "n_iter", Tensor.scalar(memory.iterations));
    Tensor direction = memory.direction;
    Tensor gradient = memory.gradient;
    Tensor scale = memory.scale;
    if (direction != null && gradient != null && scale != null) {
      into.put(prefix + "d", direction.detach());
      into.put(prefix + "t", ParameterwiseOptimizer.number(memory.length));
      for (int i = 0; i < memory.pairs.size(); i++) {
        Pair pair = memory.pairs.get(i);
        into.put(prefix + "old_dirs." + i, pair.gradient.detach());
        into.put(prefix + "old_stps." + i, pair.parameters.detach());
        into.put(prefix + "ro." + i, pair.inverse.detach());
      }
      into.put(prefix + "H_diag", scale.detach());
      into.put(prefix + "prev_flat_grad", gradient.detach());
      into.put(prefix + "prev_loss", ParameterwiseOptimizer.number(memory.loss));
    }
    return into;
  }

  @Override
  public Map<String, Tensor> stateDict() {
    Map<String, Tensor> all = save("state.0.");
    groups.save(all);
    return all;
  }

  @Override
  public void loadStateDict(Map<String, Tensor> saved) {
    Map<String, Tensor> rest = SavedState.copy(saved);
    List<OptionGroups.Saved<Options>> options = groups.read(rest, Map.of());
    // Weights of the last direction, which PyTorch keeps to have their places
    rest.keySet().removeIf(key -> key.startsWith("state.0.al."));
    Memory loaded = load(rest, "state.0.");
    SavedState.checkEmpty("optimizer", rest);
    groups.set(options);
    memory = loaded;
    noteStep();
  }

  private Memory load(Map<String, Tensor> rest, String prefix) {
    Memory loaded = new Memory();
    if (!rest.containsKey(prefix + "func_evals")) {
      return loaded;
    }
    loaded.evaluations = number(rest, prefix + "func_evals");
    loaded.iterations = number(rest, prefix + "n_iter");
    if (!rest.containsKey(prefix + "d")) {
      return loaded;
    }
    long numel = parameters().stream().mapToLong(Tensor::numel).sum();
    loaded.direction = tensor(rest, prefix + "d", numel);
    loaded.length = SavedState.take(rest, prefix + "t").item();
    for (int i = 0; rest.containsKey(prefix + "old_dirs." + i); i++) {
      Pair pair =
          new Pair(
              tensor(rest, prefix + "old_dirs." + i, numel),
              tensor(rest, prefix + "old_stps." + i, numel),
              tensor(rest, prefix + "ro." + i, 1).view());
      loaded.pairs.add(pair);
    }
    loaded.scale = tensor(rest, prefix + "H_diag", 1).view();
    loaded.gradient = tensor(rest, prefix + "prev_flat_grad", numel);
    loaded.loss = SavedState.take(rest, prefix + "prev_loss").item();
    return loaded;
  }

  private static long number(Map<String, Tensor> rest, String key) {
    return (long) SavedState.take(rest, key).item();
  }

  /** Takes a vector, as the parameters are. */
  private Tensor tensor(Map<String, Tensor> rest, String key, long numel) {
    Tensor source = SavedState.take(rest, key);
    if (source.numel() != numel) {
      throw new IllegalArgumentException(
          "loadStateDict: " + key + " has " + source.numel() + " elements, not " + numel);
    }
    return kept(parameters().getFirst().detach().newEmpty(numel).copy_(source.detach().flatten()));
  }

  @Override
  public void forEachStorage(Consumer<Storage> action) {
    given("forEachStorage", "action", action);
    save("").values().stream()
        .filter(tensor -> tensor.dtype() == parameters().getFirst().dtype())
        .forEach(tensor -> tensor.forEachStorage(action));
  }

  /** Prints the options, by name, as PyTorch does. */
  @Override
  public String toString() {
    return groups.toString();
  }
}
