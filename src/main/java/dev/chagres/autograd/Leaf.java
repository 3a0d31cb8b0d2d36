package dev.chagres.autograd;

import static dev.chagres.check.Given.given;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The end of the tape: a value that the user made, whose gradient is to be kept. It is visited once
 * a pass, with the sum of all that arrived.
 */
public final class Leaf<T> extends Node<T> {
  private final Consumer<T> accumulator;
  private final List<Hook<T>> after = new CopyOnWriteArrayList<>();

  /**
   * Makes the end for one value; {@code accumulator} adds a pass's gradient to what earlier passes
   * left.
   */
  public Leaf(Consumer<T> accumulator) {
    super("AccumulateGrad", 0);
    this.accumulator = given("Leaf", "accumulator", accumulator);
  }

  @Override
  List<@Nullable Edge<T>> edges() {
    return List.of();
  }

  @Override
  void propagate(List<@Nullable T> gradients, Backward<T> engine) {
    T gradient = gradients.getFirst();
    if (gradient != null && engine.accumulates()) {
      accumulator.accept(gradient);
      for (Hook<T> hook : after) {
        var _ = hook.function.apply(gradient);
      }
    }
  }

  /** Calls a function after each gradient that was added. */
  public Hook<T> addAfter(Runnable action) {
    given("addAfter", "action", action);
    Hook<T> hook =
        new Hook<>(
            this,
            0,
            _ -> {
              action.run();
              return null;
            });
    after.add(hook);
    return hook;
  }

  @Override
  synchronized void remove(Hook<T> hook) {
    if (!after.remove(hook)) {
      super.remove(hook);
    }
  }

  @Override
  void release() {}
}
