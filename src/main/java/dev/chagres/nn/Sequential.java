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

  /** Appends a module as {@link #add} does, by PyTorch's name. */
  public Sequential append(Module module) {
    return add(module);
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

  /**
   * Puts a module in the place of another, which it returns; negative positions count from the end.
   *
   * @throws IllegalArgumentException if the module is this chain or has it inside
   */
  public Module set(int position, Module module) {
    int at = at(position);
    registerOrReplace(names.get(at), module);
    return steps.set(at, module);
  }

  /** Returns the module at a position; a negative one counts from the end. */
  public Module get(int position) {
    return steps.get(at(position));
  }

  private int at(int position) {
    int at = position < 0 ? position + steps.size() : position;
    if (at < 0 || at >= steps.size()) {
      throw new IndexOutOfBoundsException(
          "Sequential: there is no module " + position + " among " + steps.size());
    }
    return at;
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
    for (int i = 0; i < steps.size(); i++) {
      int position = i;
      calls.add(y -> run(position, y));
    }
    return Autograd.checkpointSequential(calls, segments, x);
  }

  /**
   * Runs the modules one after the other. What one of them throws has, as a suppressed exception
   * that a stack trace shows, which it was and what it was given.
   */
  @Override
  public Tensor forward(Tensor x) {
    Tensor y = x;
    for (int i = 0; i < steps.size(); i++) {
      y = run(i, y);
    }
    return y;
  }

  private Tensor run(int position, Tensor x) {
    Module step = steps.get(position);
    try {
      return step.call(x);
    } catch (RuntimeException e) {
      e.addSuppressed(
          new Thrower(
              "by module \""
                  + names.get(position)
                  + "\" of a Sequential, "
                  + step.name()
                  + ", that was given "
                  + (x == null ? "null" : x.dtype() + " " + x.shape())));
      throw e;
    }
  }

  /** Who threw: lines of the program do not tell the modules of a chain apart. */
  private static final class Thrower extends RuntimeException {
    private static final long serialVersionUID = 1;

    Thrower(String message) {
      super(message, null, false, false);
    }
  }
}
