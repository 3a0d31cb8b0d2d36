package dev.chagres.autograd;

import static dev.chagres.check.Given.given;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The part of the tape that is recorded from a moment on. */
public final class Segment {
  private final long before = Node.newest();

  private Segment() {}

  /** Begins a segment: what is recorded from now on belongs to it. */
  public static Segment begin() {
    return new Segment();
  }

  /**
   * Returns where gradients of these results leave the segment: results of operations that were
   * recorded before it, and leaves, each once.
   */
  public <T> List<Edge<T>> exits(List<Edge<T>> results) {
    given("exits", "results", results);
    Set<Edge<T>> exits = new LinkedHashSet<>();
    Set<Node<T>> seen = new HashSet<>();
    Deque<Edge<T>> waiting = new ArrayDeque<>();
    results.forEach(result -> waiting.add(given("exits", "a result", result)));
    while (!waiting.isEmpty()) {
      Edge<T> edge = waiting.remove();
      if (edge.node().sequence <= before) {
        exits.add(edge);
      } else if (seen.add(edge.node())) {
        for (Edge<T> next : edge.node().edges()) {
          if (next != null) {
            waiting.add(next);
          }
        }
      }
    }
    return List.copyOf(exits);
  }
}
