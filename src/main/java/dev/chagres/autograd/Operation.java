package dev.chagres.autograd;

import static dev.chagres.check.Given.given;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An operation with one result, and one gradient rule for each input that wants a gradient. What
 * the rules capture is what the tape keeps.
 */
public final class Operation<T> extends Node<T> {

  /** The gradient of one input from the gradient of the result. Null means that none flows. */
  @FunctionalInterface
  public interface Rule<T> {
    @Nullable T apply(T gradient);
  }

  private final @Nullable Edge<T> edge0;
  private final @Nullable Edge<T> edge1;
  private final @Nullable Edge<T> edge2;
  private @Nullable Rule<T> rule0;
  private @Nullable Rule<T> rule1;
  private @Nullable Rule<T> rule2;
  private boolean released;

  /** An input that wants a gradient, and the rule for it. */
  public record Input<T>(Edge<T> edge, Rule<T> rule) {
    /** Checks that both are there. */
    public Input {
      given("Input", "edge", edge);
      given("Input", "rule", rule);
    }
  }

  private Operation(
      String name,
      @Nullable Input<T> input0,
      @Nullable Input<T> input1,
      @Nullable Input<T> input2) {
    super(name);
    this.edge0 = input0 == null ? null : input0.edge;
    this.edge1 = input1 == null ? null : input1.edge;
    this.edge2 = input2 == null ? null : input2.edge;
    this.rule0 = input0 == null ? null : input0.rule;
    this.rule1 = input1 == null ? null : input1.rule;
    this.rule2 = input2 == null ? null : input2.rule;
  }

  /** Records an operation of one input. */
  public static <T> Operation<T> of(String name, @Nullable Input<T> input) {
    return new Operation<>(name, input, null, null);
  }

  /** Records an operation of two inputs; null stands for one that wants no gradient. */
  public static <T> Operation<T> of(
      String name, @Nullable Input<T> input0, @Nullable Input<T> input1) {
    return new Operation<>(name, input0, input1, null);
  }

  /** Records an operation of three inputs; null stands for one that wants no gradient. */
  public static <T> Operation<T> of(
      String name,
      @Nullable Input<T> input0,
      @Nullable Input<T> input1,
      @Nullable Input<T> input2) {
    return new Operation<>(name, input0, input1, input2);
  }

  @Override
  List<@Nullable Edge<T>> edges() {
    List<@Nullable Edge<T>> edges = new ArrayList<>();
    edges.add(edge0);
    edges.add(edge1);
    edges.add(edge2);
    while (!edges.isEmpty() && edges.getLast() == null) {
      edges.removeLast();
    }
    return edges;
  }

  @Override
  void propagate(List<@Nullable T> gradients, Backward<T> engine) {
    T gradient = gradients.getFirst();
    if (gradient == null) {
      return;
    }
    if (released) {
      throw Backward.freed(this);
    }
    send(0, edge0, rule0, gradient, engine);
    send(1, edge1, rule1, gradient, engine);
    send(2, edge2, rule2, gradient, engine);
  }

  private void send(
      int input, @Nullable Edge<T> edge, @Nullable Rule<T> rule, T gradient, Backward<T> engine) {
    if (edge != null && rule != null && engine.wants(edge)) {
      T result = rule.apply(gradient);
      if (result != null) {
        engine.checkReturned(this, input, result);
        engine.deposit(edge, result);
      }
    }
  }

  @Override
  void release() {
    released = true;
    rule0 = null;
    rule1 = null;
    rule2 = null;
  }
}
