package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Modules one after the other: each takes what the one before returned. They are named 0, 1, …, or
 * as {@link #addModule} says.
 */
public final class Sequential extends Module implements Iterable<Module> {
  private final List<String> names = new ArrayList<>();
  private final List<Module> steps = new ArrayList<>();

  /** Makes a chain of these modules, named 0, 1, …. */
  public Sequential(Module... modules) {
    given("Sequential", "modules", modules);
    for (Module module : modules) {
      add(module);
    }
  }

  /**
   * Appends a module, named by the number of modules before it, and returns this chain. Where
   * {@link #addModule} gave that name away, it takes that module's place, as in PyTorch.
   */
  public Sequential add(Module module) {
    return addModule(Integer.toString(steps.size()), module);
  }

  /**
   * Appends a module under a name, or puts it in the place of the one that has the name, and
   * returns this chain.
   *
   * @throws IllegalArgumentException if the name is empty or has a dot, or if the module is this
   *     chain or has it inside
   */
  public Sequential addModule(String name, Module module) {
    registerOrReplace(name, module);
    int at = names.indexOf(name);
    if (at >= 0) {
      steps.set(at, module);
    } else {
      names.add(name);
      steps.add(module);
    }
    return this;
  }

  /** Returns the module at a position; a negative one counts from the end. */
  public Module get(int position) {
    int at = position < 0 ? position + steps.size() : position;
    if (at < 0 || at >= steps.size()) {
      throw new IndexOutOfBoundsException(
          "Sequential: there is no module " + position + " among " + steps.size());
    }
    return steps.get(at);
  }

  /** Returns the number of modules. */
  public int size() {
    return steps.size();
  }

  @Override
  public Iterator<Module> iterator() {
    return List.copyOf(steps).iterator();
  }

  /**
   * Returns what {@link #call} does without hooks on this chain, in so many segments, each but the
   * last a checkpoint: it keeps its input alone, and is computed again for its gradient, {@link
   * Autograd#checkpointSequential}.
   *
   * @throws IllegalArgumentException if there are fewer modules than segments, or no segment
   */
  public Tensor checkpointed(int segments, Tensor x) {
    given("checkpointed", "x", x);
    List<UnaryOperator<Tensor>> calls = new ArrayList<>();
    steps.forEach(step -> calls.add(step::call));
    return Autograd.checkpointSequential(calls, segments, x);
  }

  @Override
  public Tensor forward(Tensor x) {
    Tensor y = x;
    for (Module step : steps) {
      y = step.call(y);
    }
    return y;
  }
}
