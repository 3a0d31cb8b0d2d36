package dev.chagres.autograd;

import static dev.chagres.check.Given.given;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One recorded operation: how the gradient of its result becomes gradients of its inputs.
 *
 * @param <T> what is differentiated: tensors, or plain numbers in a test
 */
public abstract sealed class Node<T> permits Operation, Leaf, Joint {
  private static final AtomicLong COUNT = new AtomicLong();

  /** The order of recording; 0 for leaves, which are visited last. */
  final long sequence;

  private String name;
  private @Nullable List<Hook<T>> hooks;
  private final @Nullable Origin origin;

  Node(String name, long sequence) {
    this.name = given("Node", "name", name);
    this.sequence = sequence;
    this.origin = GradMode.isDetectingAnomaly() ? Origin.here() : null;
  }

  Node(String name) {
    this(name, COUNT.incrementAndGet());
  }

  /** The newest node's number: all that are made from now on have greater ones. */
  static long newest() {
    return COUNT.get();
  }

  /** Where the operation was made, if that was remembered. */
  final @Nullable Origin origin() {
    return origin;
  }

  /** Returns the operation's name in PyTorch's style, such as {@code MulBackward}. */
  public final String name() {
    return name;
  }

  /**
   * Gives the operation another name: an operation that is composed of others is known by its own,
   * which its last step bears.
   */
  public final void rename(String newName) {
    name = given("rename", "newName", newName);
  }

  /**
   * Returns the nodes that gradients flow to, in the order of the inputs; null for an input that
   * wants none.
   */
  public final List<@Nullable Node<T>> next() {
    List<@Nullable Node<T>> nodes = new ArrayList<>();
    for (Edge<T> edge : edges()) {
      nodes.add(edge == null ? null : edge.node());
    }
    return nodes;
  }

  /** Where the gradients of the inputs go, in their order; null for one that wants none. */
  abstract List<@Nullable Edge<T>> edges();

  /** Returns how many results the operation had. */
  int slots() {
    return 1;
  }

  final void checkSlot(String operation, int slot) {
    if (slot < 0 || slot >= slots()) {
      throw new IndexOutOfBoundsException(
          operation + ": " + name + " has " + slots() + " results, no number " + slot);
    }
  }

  /** Computes the gradients of the inputs and hands each to the engine. */
  abstract void propagate(List<@Nullable T> gradients, Backward<T> engine);

  /** Forgets what the rules kept. */
  abstract void release();

  /**
   * Has the gradient that arrives for one result passed through a function before it goes on.
   *
   * @param hook returns the gradient to use instead, or null to leave it
   */
  public final Hook<T> addHook(int slot, Operation.Rule<T> hook) {
    given("addHook", "hook", hook);
    checkSlot("addHook", slot);
    return add(new Hook<>(this, slot, hook));
  }

  /** Shows a function what the hooks, also later ones, leave of a gradient. */
  public final Hook<T> addObserver(int slot, Consumer<T> observer) {
    given("addObserver", "observer", observer);
    checkSlot("addObserver", slot);
    Operation.Rule<T> hook =
        gradient -> {
          observer.accept(gradient);
          return null;
        };
    return add(new Hook<>(this, slot, hook, Turn.LAST));
  }

  private synchronized Hook<T> add(Hook<T> added) {
    List<Hook<T>> more = hooks == null ? new ArrayList<>() : new ArrayList<>(hooks);
    int at = more.size();
    while (added.turn == Turn.ANY && at > 0 && more.get(at - 1).turn == Turn.LAST) {
      at--;
    }
    more.add(at, added);
    hooks = more;
    return added;
  }

  synchronized void remove(Hook<T> hook) {
    if (hooks != null) {
      List<Hook<T>> fewer = new ArrayList<>(hooks);
      fewer.remove(hook);
      hooks = fewer.isEmpty() ? null : fewer;
    }
  }

  @Nullable List<Hook<T>> hooks() {
    return hooks;
  }

  @Override
  public String toString() {
    return name;
  }

  /** When a hook runs: in the order of registration, or after all others. */
  private enum Turn {
    ANY,
    LAST
  }

  /** A function on a gradient, until it is removed. */
  public static final class Hook<T> {
    private final Node<T> node;
    private final Turn turn;
    final int slot;
    final Operation.Rule<T> function;

    Hook(Node<T> node, int slot, Operation.Rule<T> function) {
      this(node, slot, function, Turn.ANY);
    }

    private Hook(Node<T> node, int slot, Operation.Rule<T> function, Turn turn) {
      this.node = node;
      this.slot = slot;
      this.function = function;
      this.turn = turn;
    }

    /** Takes the hook off; doing so twice is harmless. */
    public void remove() {
      node.remove(this);
    }
  }
}
