package dev.chagres.autograd;

import static dev.chagres.check.Given.given;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One reverse walk over the tape. Nodes with a pending gradient wait in a heap, newest first: every
 * user of a node's result is newer than the node, so when a node comes up, all gradients for it
 * have arrived. Order, accumulation, hooks and the freeing of rules are decided here and nowhere
 * else.
 */
@SuppressWarnings(
    "ReferenceEquality") // which gradient it is decides who may free it, not what it holds
public final class Backward<T> {
  /** What a pass does besides computing. */
  public enum Option {
    /** The rules stay usable for another pass. */
    RETAIN_GRAPH,
    /** The rules are themselves recorded. Implies RETAIN_GRAPH. */
    CREATE_GRAPH
  }

  private static final int SCAN_LIMIT = 12;

  private final Algebra<T> algebra;
  private final boolean retain;
  private final boolean create;
  private final boolean detecting = GradMode.isDetectingAnomaly();

  private Pending<T>[] heap = newHeap(16);
  private int size;
  private @Nullable Map<Node<T>, Pending<T>> index;

  private @Nullable Set<Node<T>> wanted;
  private @Nullable Map<Edge<T>, T> captured;
  private @Nullable Set<Node<T>> ends;
  private boolean touched;
  private @Nullable Node<T> running;

  /** A node and the gradients that have arrived for its results. */
  private static final class Pending<T> {
    final Node<T> node;
    final List<@Nullable T> gradients = new ArrayList<>(1);

    Pending(Node<T> node) {
      this.node = node;
    }
  }

  /** Prepares a pass. */
  public Backward(Algebra<T> algebra, Option... options) {
    this.algebra = given("Backward", "algebra", algebra);
    boolean keep = false;
    boolean record = false;
    for (Option option : given("Backward", "options", options)) {
      given("Backward", "an option", option);
      record |= option == Option.CREATE_GRAPH;
      keep |= option == Option.RETAIN_GRAPH;
    }
    this.create = record;
    this.retain = keep || record;
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static <T> Pending<T>[] newHeap(int length) {
    return new Pending[length];
  }

  /** Starts from a result: its gradient is {@code gradient}. */
  public void seed(Edge<T> result, T gradient) {
    deposit(given("seed", "result", result), given("seed", "gradient", gradient));
  }

  /** Walks to the leaves and adds to what they keep. */
  public void run() {
    walk();
  }

  /** Walks only where it leads to {@code targets}; leaves among them add to what they keep. */
  public void run(List<Edge<T>> targets) {
    wanted = leadingTo(nodes("run", targets));
    walk();
  }

  /**
   * Walks only where it leads to {@code targets}, and returns the gradient that arrived at each,
   * null where none did. Leaves keep nothing.
   */
  public List<@Nullable T> gradients(List<Edge<T>> targets) {
    return gradients(targets, nodes("gradients", targets));
  }

  /**
   * The same, but the walk ends at {@code ends}, of which the targets are some: what these were
   * computed from is another's affair, also if they were computed from one another. Their hooks do
   * not run.
   */
  public List<@Nullable T> gradientsUpTo(List<Edge<T>> targets, List<Edge<T>> ends) {
    this.ends = nodes("gradientsUpTo", ends);
    return gradients(targets, nodes("gradientsUpTo", targets));
  }

  private Set<Node<T>> nodes(String name, List<Edge<T>> targets) {
    Set<Node<T>> nodes = new HashSet<>();
    for (Edge<T> target : given(name, "targets", targets)) {
      nodes.add(given(name, "a target", target).node());
    }
    return nodes;
  }

  private List<@Nullable T> gradients(List<Edge<T>> targets, Set<Node<T>> nodes) {
    wanted = leadingTo(nodes);
    captured = new HashMap<>();
    for (Edge<T> target : targets) {
      captured.put(target, null);
    }
    walk();
    List<@Nullable T> results = new ArrayList<>();
    for (Edge<T> target : targets) {
      results.add(captured.get(target));
    }
    return results;
  }

  /** Finds the nodes from which a target can be reached, without recursion: graphs may be deep. */
  private Set<Node<T>> leadingTo(Set<Node<T>> targets) {
    Set<Node<T>> leads = new HashSet<>();
    Set<Node<T>> seen = new HashSet<>();
    List<Node<T>> order = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      if (seen.add(heap[i].node)) {
        order.add(heap[i].node);
      }
    }
    for (int i = 0; i < order.size(); i++) {
      for (Node<T> next : endsAt(order.get(i)) ? List.<Node<T>>of() : order.get(i).next()) {
        if (next != null && seen.add(next)) {
          order.add(next);
        }
      }
    }
    order.sort((a, b) -> Long.compare(a.sequence, b.sequence));
    for (Node<T> node : order) {
      boolean reaches = targets.contains(node);
      for (Node<T> next : node.next()) {
        reaches |= next != null && leads.contains(next);
      }
      if (reaches) {
        leads.add(node);
      }
    }
    return leads;
  }

  private void walk() {
    GradMode.State state = GradMode.state();
    boolean enabled = state.enabled;
    Backward<?> outer = state.pass;
    state.enabled = create && !state.inference;
    state.pass = this;
    try {
      while (size > 0) {
        visit(pop());
      }
    } finally {
      state.enabled = enabled;
      state.pass = outer;
    }
  }

  private void visit(Pending<T> pending) {
    Node<T> node = pending.node;
    List<Node.Hook<T>> hooks = endsAt(node) ? null : node.hooks();
    if (hooks != null) {
      for (Node.Hook<T> hook : hooks) {
        call(hook, pending);
      }
    }
    capture(pending);
    if ((wanted == null || wanted.contains(node)) && !endsAt(node)) {
      touched = false;
      running = node;
      if (detecting) {
        propagateWatched(node, pending.gradients);
      } else {
        node.propagate(pending.gradients, this);
      }
      if (touched && !retain) {
        node.release();
      }
    }
    for (int i = 0; i < pending.gradients.size(); i++) {
      T gradient = pending.gradients.get(i);
      if (gradient != null) {
        algebra.dropped(gradient);
      }
    }
  }

  private boolean endsAt(Node<T> node) {
    return ends != null && ends.contains(node);
  }

  private void propagateWatched(Node<T> node, List<@Nullable T> gradients) {
    try {
      node.propagate(gradients, this);
    } catch (AnomalyException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new AnomalyException(
          node.name() + " failed: " + e.getMessage() + "; " + Origin.text(node.origin()), e);
    }
  }

  /** Where anomalies are detected, refuses a gradient with a NaN that a rule returned. */
  void checkReturned(Node<T> node, int input, T gradient) {
    if (detecting && algebra.hasNaN(gradient)) {
      throw new AnomalyException(
          node.name() + " returned NaN for its input " + input + "; " + Origin.text(node.origin()),
          null);
    }
  }

  private void call(Node.Hook<T> hook, Pending<T> pending) {
    T gradient = hook.slot < pending.gradients.size() ? pending.gradients.get(hook.slot) : null;
    if (gradient == null) {
      return;
    }
    algebra.outside(
        List.of(gradient),
        () -> {
          T replacement = hook.function.apply(gradient);
          if (replacement != null && replacement != gradient) {
            pending.gradients.set(hook.slot, replacement);
            algebra.held(replacement);
            algebra.dropped(gradient);
          }
        });
  }

  /** Runs a rule that the user wrote. */
  List<@Nullable T> outside(
      Function<List<@Nullable T>, List<@Nullable T>> rule, List<@Nullable T> gradients) {
    List<@Nullable T> results = new ArrayList<>();
    algebra.outside(gradients, () -> results.addAll(rule.apply(gradients)));
    return results;
  }

  private void capture(Pending<T> pending) {
    if (captured == null) {
      return;
    }
    for (int slot = 0; slot < pending.gradients.size(); slot++) {
      Edge<T> here = new Edge<>(pending.node, slot);
      T gradient = pending.gradients.get(slot);
      if (gradient != null && captured.containsKey(here)) {
        captured.put(here, gradient);
        algebra.held(gradient);
      }
    }
  }

  /** Whether leaves add to what they keep in this pass. */
  boolean accumulates() {
    return captured == null;
  }

  /** Whether anyone asked for what lies behind this edge. */
  boolean wants(Edge<T> edge) {
    return wanted == null || wanted.contains(edge.node());
  }

  /**
   * Whether the pass that this thread is in wants what goes along an edge; null stands for an input
   * that wants no gradient. For rules that compute several gradients at once.
   */
  @SuppressWarnings("unchecked") // A pass only meets edges of its own tape.
  public static <T> boolean isWanted(@Nullable Edge<T> edge) {
    Backward<T> pass = (Backward<T>) GradMode.state().pass;
    return edge != null && (pass == null || pass.wants(edge));
  }

  /** Adds a gradient to those that wait for a node. */
  void deposit(Edge<T> edge, T gradient) {
    Pending<T> pending = find(edge.node());
    if (pending == null) {
      pending = new Pending<>(edge.node());
      push(pending);
    }
    List<@Nullable T> gradients = pending.gradients;
    while (gradients.size() <= edge.slot()) {
      gradients.add(null);
    }
    T before = gradients.get(edge.slot());
    if (before == null) {
      gradients.set(edge.slot(), gradient);
      algebra.held(gradient);
    } else {
      T sum = algebra.add(before, gradient);
      gradients.set(edge.slot(), sum);
      if (sum != before) {
        algebra.held(sum);
        algebra.dropped(before);
      }
    }
  }

  private @Nullable Pending<T> find(Node<T> node) {
    if (index != null) {
      return index.get(node);
    }
    for (int i = 0; i < size; i++) {
      if (heap[i].node == node) {
        return heap[i];
      }
    }
    return null;
  }

  private void push(Pending<T> pending) {
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, 2 * size);
    }
    if (index == null && size == SCAN_LIMIT) {
      index = new HashMap<>();
      for (int i = 0; i < size; i++) {
        index.put(heap[i].node, heap[i]);
      }
    }
    if (index != null) {
      index.put(pending.node, pending);
    }
    int at = size++;
    while (at > 0) {
      int parent = (at - 1) >>> 1;
      if (heap[parent].node.sequence >= pending.node.sequence) {
        break;
      }
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = pending;
  }

  @SuppressWarnings("NullAway") // the slot behind the last pending node is cleared
  private Pending<T> pop() {
    Pending<T> top = heap[0];
    Pending<T> last = heap[--size];
    heap[size] = null;
    if (size > 0) {
      int at = 0;
      while (true) {
        int child = 2 * at + 1;
        if (child >= size) {
          break;
        }
        if (child + 1 < size && heap[child + 1].node.sequence > heap[child].node.sequence) {
          child++;
        }
        if (heap[child].node.sequence <= last.node.sequence) {
          break;
        }
        heap[at] = heap[child];
        at = child;
      }
      heap[at] = last;
    }
    if (index != null) {
      index.remove(top.node);
    }
    return top;
  }

  /**
   * Says that a rule of the node being visited used something that the tape keeps: such a rule is
   * dropped after the node unless the graph is retained, and a second pass through it is an error.
   * Rules that keep nothing may be walked again, as in PyTorch.
   */
  public static void usedSaved() {
    Backward<?> pass = GradMode.state().pass;
    if (pass != null) {
      pass.touched = true;
    }
  }

  /** The operation whose gradient rules this thread is running; null for none. */
  static @Nullable Node<?> runningNode() {
    Backward<?> pass = GradMode.state().pass;
    return pass == null ? null : pass.running;
  }

  /** The name of the operation whose gradient rules this thread is running; null for none. */
  public static @Nullable String running() {
    Node<?> node = runningNode();
    return node == null ? null : node.name();
  }

  static IllegalStateException freed(Node<?> node) {
    return new IllegalStateException(
        "backward: going through the graph a second time, but what "
            + node.name()
            + " had kept was freed by the first; pass RETAIN_GRAPH to the first backward to go"
            + " through it again");
  }
}
