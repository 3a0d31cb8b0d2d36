package dev.chagres.plot;

import static dev.chagres.check.Given.given;

import dev.chagres.autograd.Leaf;
import dev.chagres.autograd.Node;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The recorded operations behind a tensor, as a picture: the dynamic graph that {@code backward}
 * walks.
 */
public final class Graphs {
  private Graphs() {}

  /**
   * Returns the graph as DOT text, for Graphviz: operations grey, leaves that keep a gradient blue,
   * the tensor green.
   */
  public static String dot(Tensor result) {
    return dot(result, Map.of());
  }

  /**
   * Returns the graph as DOT text; leaves that are among the named tensors, such as {@code
   * model.namedParameters()}, have their names and shapes.
   *
   * @throws IllegalArgumentException if the tensor was not computed from one that requires
   *     gradients
   */
  public static String dot(Tensor result, Map<String, ? extends Tensor> names) {
    given("dot", "names", names);
    Node<Tensor> root = given("dot", "result", result).gradFn();
    if (root == null) {
      throw new IllegalArgumentException(
          "dot: nothing was recorded for a tensor " + result.shape());
    }
    IdentityHashMap<Node<Tensor>, String> labels = new IdentityHashMap<>();
    names.forEach(
        (name, tensor) -> {
          given("dot", "tensor \"" + name + "\"", tensor);
          Node<Tensor> leaf = leaf(tensor);
          if (leaf != null) {
            labels.put(leaf, name + "\\n" + tensor.shape());
          }
        });
    StringBuilder out = new StringBuilder("digraph {\n");
    out.append("  graph [rankdir=TB, ranksep=0.3];\n");
    out.append(
        "  node [shape=box, style=filled, fontname=\"monospace\", fontsize=10, height=0.2];\n");
    out.append("  result [label=\"").append(result.shape()).append("\", fillcolor=\"#caff70\"];\n");
    IdentityHashMap<Node<Tensor>, Integer> numbers = new IdentityHashMap<>();
    Deque<Node<Tensor>> waiting = new ArrayDeque<>();
    numbers.put(root, 0);
    waiting.add(root);
    out.append("  n0 -> result;\n");
    while (!waiting.isEmpty()) {
      Node<Tensor> node = waiting.remove();
      int number = numbers.getOrDefault(node, 0);
      describe(out, node, number, labels);
      for (Node<Tensor> next : node.next()) {
        if (next == null) {
          continue;
        }
        Integer known = numbers.get(next);
        if (known == null) {
          known = numbers.size();
          numbers.put(next, known);
          waiting.add(next);
        }
        out.append("  n").append(known).append(" -> n").append(number).append(";\n");
      }
    }
    return out.append("}\n").toString();
  }

  private static void describe(
      StringBuilder out, Node<Tensor> node, int number, Map<Node<Tensor>, String> labels) {
    boolean leaf = node instanceof Leaf;
    String label = labels.getOrDefault(node, node.name());
    out.append("  n").append(number).append(" [label=\"").append(label.replace("\"", "\\\""));
    out.append("\", fillcolor=\"").append(leaf ? "#add8e6" : "#d3d3d3").append("\"];\n");
  }

  /** A leaf's end of the tape is what any operation on it leads to; a view costs nothing. */
  private static @Nullable Node<Tensor> leaf(Tensor tensor) {
    if (!tensor.isLeaf() || !tensor.requiresGrad()) {
      return null;
    }
    try (var _ = Autograd.enableGrad()) {
      Node<Tensor> made = tensor.unsqueeze(0).gradFn();
      return made == null ? null : made.next().getFirst();
    }
  }
}
