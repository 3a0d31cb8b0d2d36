package dev.chagres.autograd;

import static dev.chagres.check.Given.given;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The end of the tape: a value that the user made, whose gradient is to be kept. It is visited once
 * a pass, with the sum of all that arrived.
 */
public final class Leaf<T> extends Node<T> {
  private final Consumer<T> accumulator;

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
    }
  }

  @Override
  void release() {}
}
