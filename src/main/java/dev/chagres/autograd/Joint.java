package dev.chagres.autograd;

import static dev.chagres.check.Given.given;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An operation with any number of results and one rule that computes the gradients of all inputs
 * together.
 */
public final class Joint<T> extends Node<T> {
  private final List<@Nullable Edge<T>> edges;
  private final int slots;
  private final Author author;
  private @Nullable Function<List<@Nullable T>, List<@Nullable T>> rule;

  /** Whose code the rule is. */
  public enum Author {
    /** The library's, which keeps no gradient that it is shown. */
    LIBRARY,
    /** The user's, which may. */
    USER
  }

  /**
   * Records an operation.
   *
   * @param edges one for each input, null for one that wants no gradient
   * @param slots the number of results
   * @param rule from the gradients of the results (null where none arrived) to those of the inputs
   *     (null where none flows)
   */
  public Joint(
      String name,
      List<@Nullable Edge<T>> edges,
      int slots,
      Author author,
      Function<List<@Nullable T>, List<@Nullable T>> rule) {
    super(name);
    this.edges = given("Joint", "edges", edges);
    this.slots = slots;
    this.author = given("Joint", "author", author);
    this.rule = given("Joint", "rule", rule);
  }

  @Override
  List<@Nullable Edge<T>> edges() {
    return edges;
  }

  @Override
  int slots() {
    return slots;
  }

  @Override
  void propagate(List<@Nullable T> gradients, Backward<T> engine) {
    Function<List<@Nullable T>, List<@Nullable T>> current = rule;
    if (current == null) {
      throw Backward.freed(this);
    }
    List<@Nullable T> arrived = gradients.size() == slots ? gradients : padded(gradients);
    List<@Nullable T> results =
        author == Author.USER ? engine.outside(current, arrived) : current.apply(arrived);
    if (results.size() != edges.size()) {
      throw new IllegalStateException(
          name()
              + ": the backward rule returned "
              + results.size()
              + " gradients for "
              + edges.size()
              + " inputs");
    }
    for (int i = 0; i < edges.size(); i++) {
      Edge<T> edge = edges.get(i);
      T result = results.get(i);
      if (edge != null && result != null && engine.wants(edge)) {
        engine.checkReturned(this, i, result);
        engine.deposit(edge, result);
      }
    }
  }

  private List<@Nullable T> padded(List<@Nullable T> gradients) {
    List<@Nullable T> all = new ArrayList<>(gradients);
    while (all.size() < slots) {
      all.add(null);
    }
    return all;
  }

  @Override
  void release() {
    rule = null;
  }
}
