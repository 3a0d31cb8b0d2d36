package dev.chagres.optim;

import static dev.chagres.check.Given.given;

import dev.chagres.memory.StorageHolder;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Changes parameters by their gradients. Parameters come in groups, each with its own options; the
 * constructor makes the first.
 *
 * <pre>{@code
 * Optimizer optimizer = new Adam(model.parameters());
 * optimizer.zeroGrad();
 * loss.backward();
 * optimizer.step();
 * }</pre>
 *
 * <p>What an optimizer keeps about a parameter lives, like the parameter, longer than any {@link
 * dev.chagres.memory.Scope}. One thread at a time may use it. Optimizers of several threads may
 * share parameters: they step each in turn, by whatever gradient it has then.
 *
 * <p>A formula of one's own extends {@link ParameterwiseOptimizer}.
 */
public abstract sealed class Optimizer implements StorageHolder
    permits ParameterwiseOptimizer, LBFGS {

  /** Parameters that share options; the optimizer's own class knows of which type those are. */
  public sealed interface Group permits ParameterwiseOptimizer.OptionGroup {
    /** Returns the parameters. */
    List<Tensor> parameters();

    /** Returns the learning rate. */
    double lr();

    /**
     * Replaces the learning rate, from the next step on.
     *
     * @throws IllegalArgumentException if the optimizer cannot work with it
     */
    void setLr(double lr);
  }

  private boolean stepped;

  Optimizer() {}

  /**
   * Notes that a step was asked for, taken or not, or that there was one before a state was saved.
   */
  final void noteStep() {
    stepped = true;
  }

  final boolean hasStepped() {
    return stepped;
  }

  /** Returns the groups, in the order in which they were added. */
  public abstract List<? extends Group> groups();

  /** Forgets the gradients of all parameters. */
  public final void zeroGrad() {
    for (Group group : groups()) {
      for (Tensor parameter : group.parameters()) {
        parameter.setGrad(null);
      }
    }
  }

  /** Changes every parameter that has a gradient. */
  public abstract void step();

  /**
   * Captures a step that each replay of the graph leaves out where a number on the GPU, 0-d of
   * float32, is not 0.
   */
  void stepUnless(Tensor found) {
    throw new IllegalStateException(
        "step: in a graph, steps of SGD, Adam and AdamW can be left out, not those of "
            + name()
            + "; call the scaler's step and update behind replay()");
  }

  /** Computes the loss, with gradients, and then takes a step; returns the loss. */
  public Tensor step(Supplier<Tensor> closure) {
    given("step", "closure", closure);
    Tensor loss;
    try (var _ = Autograd.enableGrad()) {
      loss = closure.get();
    }
    step();
    return loss;
  }

  /** Returns the tensors kept about a parameter by PyTorch's names; empty before its first step. */
  public abstract Map<String, Tensor> state(Tensor parameter);

  /**
   * Returns options and state as tensors, to be saved: {@code param_groups.0.lr}, {@code
   * param_groups.0.params} (numbers of parameters), {@code state.0.exp_avg} and so on, after
   * PyTorch's nested {@code state_dict}. The state's tensors share memory with the optimizer's.
   */
  public abstract Map<String, Tensor> stateDict();

  /**
   * Takes over options and a copy of the state from what {@link #stateDict} returned, of an
   * optimizer with equal groups.
   *
   * @throws IllegalArgumentException if groups, parameters, names or shapes differ; nothing was
   *     changed then
   */
  public abstract void loadStateDict(Map<String, Tensor> saved);

  /** Returns the class's name, for the texts of errors. */
  final String name() {
    return name(getClass());
  }

  static String name(Class<?> type) {
    String name = type.getSimpleName();
    return name.isEmpty() ? "optimizer" : name;
  }
}
