package dev.chagres.autograd;

import static dev.chagres.check.Given.given;

/** Where a gradient goes: one of the results of an operation. */
public record Edge<T>(Node<T> node, int slot) {
  /**
   * Checks that the operation has that many results.
   *
   * @throws IndexOutOfBoundsException if it has not
   */
  public Edge {
    given("Edge", "node", node);
    node.checkSlot("edge", slot);
  }
}
