package dev.chagres.autograd;

/** Where a gradient goes: one of the results of an operation. */
public record Edge<T>(Node<T> node, int slot) {
  /**
   * Checks that the operation has that many results.
   *
   * @throws IndexOutOfBoundsException if it has not
   */
  public Edge {
    node.checkSlot("edge", slot);
  }
}
