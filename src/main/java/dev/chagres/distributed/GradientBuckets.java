package dev.chagres.distributed;

import dev.chagres.autograd.Node;
import dev.chagres.core.DType;
import dev.chagres.cuda.CudaStream;
import dev.chagres.memory.Scope;
import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of a rank's parameters on their way to being averaged. Parameters are put into
 * buckets from the last one on, as backward passes come to them; a bucket is averaged when all its
 * gradients are there and the buckets before it were, which is the same order on all ranks.
 */
final class GradientBuckets {
  /** The first bucket's: what comes last in the network is averaged early. */
  private static final long FIRST_BYTES = 1L << 20;

  private final ProcessGroup group;
  private final List<String> names = new ArrayList<>();
  private final List<Parameter> parameters = new ArrayList<>();
  private final List<Bucket> buckets = new ArrayList<>();
  private final Bucket[] bucketOf;
  private final Tensor[] views;
  private final boolean[] ready;
  private final boolean[] unused;
  private final CudaStream stream;
  private final boolean searching;
  private State state = State.LEFT;
  private int nextBucket;

  /** What the next backward pass is for. */
  private enum State {
    /** Gradients are left as they are. */
    LEFT,
    /** They are to be averaged. */
    EXPECTED,
    /** They were averaged. */
    DONE
  }

  /** Gradients that travel together. */
  private static final class Bucket {
    final Flat flat;
    final Tensor memory;
    int missing;

    Bucket(Flat flat, Tensor memory) {
      this.flat = flat;
      this.memory = memory;
    }
  }

  GradientBuckets(
      Map<String, Parameter> named, ProcessGroup group, DistributedDataParallel.Options options) {
    this.group = group;
    named.forEach(
        (name, parameter) -> {
          if (parameter.requiresGrad()) {
            names.addFirst(name);
            parameters.addFirst(parameter);
          }
        });
    if (parameters.isEmpty()) {
      throw new IllegalArgumentException(
          "DistributedDataParallel: no parameter wants gradients, there is nothing to average");
    }
    int count = parameters.size();
    bucketOf = new Bucket[count];
    views = new Tensor[count];
    ready = new boolean[count];
    unused = new boolean[count];
    stream = new CudaStream(group.device());
    searching = options.unused() == DistributedDataParallel.Unused.FIND;
    long most = options.bucketBytes();
    for (Flat flat : Flat.divide(List.copyOf(parameters), Math.min(FIRST_BYTES, most), most)) {
      Tensor memory = Tensor.zeros(group.device(), flat.dtype(), flat.numel());
      memory.storage().escape();
      Bucket bucket = new Bucket(flat, memory);
      buckets.add(bucket);
      List<Tensor> parts = flat.parts(memory);
      for (int i = 0; i < parts.size(); i++) {
        int position = flat.positions().get(i);
        bucketOf[position] = bucket;
        views[position] = parts.get(i);
      }
    }
    for (int i = 0; i < count; i++) {
      int position = i;
      parameters.get(i).registerPostAccumulateGradHook(_ -> arrived(position));
    }
  }

  // ---- before a backward pass

  /** The next backward pass is not averaged. */
  void leave() {
    state = State.LEFT;
  }

  /**
   * The next backward pass is averaged.
   *
   * @param output what it starts from, whose graph is searched for parameters that are not in it;
   *     null if all are
   */
  void expect(@Nullable Tensor output) {
    Arrays.fill(ready, false);
    Arrays.fill(unused, false);
    buckets.forEach(bucket -> bucket.missing = bucket.flat.positions().size());
    nextBucket = 0;
    state = State.EXPECTED;
    if (output != null) {
      IntPredicate isUsed = reached(output);
      for (int i = 0; i < unused.length; i++) {
        unused[i] = !isUsed.test(i);
      }
      for (int i = 0; i < unused.length; i++) {
        if (unused[i]) {
          arrived(i);
        }
      }
    }
  }

  /** Which parameters an output was computed from. */
  private IntPredicate reached(Tensor output) {
    Set<Node<Tensor>> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    List<Node<Tensor>> nodes = new ArrayList<>();
    Node<Tensor> last = output.gradFn();
    if (last != null) {
      seen.add(last);
      nodes.add(last);
    }
    for (int i = 0; i < nodes.size(); i++) {
      for (Node<Tensor> next : nodes.get(i).next()) {
        if (next != null && seen.add(next)) {
          nodes.add(next);
        }
      }
    }
    return position -> seen.contains(end(parameters.get(position)));
  }

  /** The end of the tape for a parameter: a view of it leads there. */
  private static @Nullable Node<Tensor> end(Parameter parameter) {
    try (var _ = Scope.open();
        var _ = Autograd.enableGrad()) {
      Node<Tensor> view = parameter.unsqueeze(0).gradFn();
      return view == null ? null : view.next().getFirst();
    }
  }

  /**
   * Refuses another forward pass when the backward pass before averaged a part of the gradients.
   *
   * @throws IllegalStateException with the names of the parameters that got none
   */
  void checkComplete() {
    boolean begun = false;
    List<String> without = new ArrayList<>();
    for (int i = 0; i < ready.length; i++) {
      begun |= ready[i] && !unused[i];
      if (!ready[i]) {
        without.add(names.get(i));
      }
    }
    if (state == State.EXPECTED && begun && !without.isEmpty()) {
      throw new IllegalStateException(
          "DistributedDataParallel: the backward pass before brought no gradients for "
              + String.join(", ", without.reversed())
              + ", so that what the other ranks have could not be averaged with this one's; are"
              + " they not used for the loss? Then take options().findUnusedParameters()");
    }
  }

  // ---- while one goes on

  private void arrived(int position) {
    if (state == State.LEFT) {
      return;
    }
    if (state == State.DONE || ready[position]) {
      throw new IllegalStateException(
          "DistributedDataParallel: a second gradient for "
              + names.get(position)
              + " after one forward pass; each is followed by one backward pass, but within"
              + " noSync()");
    }
    ready[position] = true;
    try (var _ = Scope.open();
        var _ = Autograd.noGrad()) {
      if (!withGradient(position, views[position]::copy_)) {
        views[position].zero_();
      }
      bucketOf[position].missing--;
      while (nextBucket < buckets.size() && buckets.get(nextBucket).missing == 0) {
        average(buckets.get(nextBucket++));
      }
      if (nextBucket == buckets.size()) {
        finish();
      }
    }
  }

  /** Does something with a parameter's gradient, which stays as good as unseen, if there is one. */
  private boolean withGradient(int position, UnaryOperator<Tensor> action) {
    Parameter parameter = parameters.get(position);
    Primitives<Tensor> primitives = Primitives.<Tensor>of(parameter);
    Tensor gradient = primitives.borrowGradient(parameter);
    if (gradient == null) {
      return false;
    }
    try {
      var _ = action.apply(gradient);
    } finally {
      primitives.returnGradient(parameter, gradient);
    }
    return true;
  }

  /** Averages what the current stream has put into a bucket so far, beside what it does next. */
  private void average(Bucket bucket) {
    stream.waitStream(CudaStream.current(group.device()));
    try (var _ = stream.use()) {
      group.allReduce(bucket.memory, ReduceOp.AVG);
      for (int position : bucket.flat.positions()) {
        withGradient(position, gradient -> gradient.copy_(views[position]));
      }
    }
  }

  /** Lets the current stream wait for the averages, and gives those to parameters without. */
  private void finish() {
    state = State.DONE;
    boolean[] somewhere = usedSomewhere();
    CudaStream.current(group.device()).waitStream(stream);
    for (int i = 0; i < unused.length; i++) {
      Parameter parameter = parameters.get(i);
      if (unused[i] && somewhere[i] && !withGradient(i, gradient -> gradient)) {
        parameter.setGrad(views[i].clone());
      }
    }
  }

  /** Which parameters some rank used: asked only where they need not all be used. */
  private boolean[] usedSomewhere() {
    boolean[] used = new boolean[unused.length];
    if (!searching) {
      return used;
    }
    try (var _ = stream.use()) {
      long[] own = IntStream.range(0, unused.length).mapToLong(i -> unused[i] ? 0 : 1).toArray();
      Tensor counts = Tensor.of(own).to(DType.INT32).to(group.device());
      group.allReduce(counts, ReduceOp.MAX);
      long[] all = counts.to(DType.INT64).cpu().toLongArray();
      for (int i = 0; i < used.length; i++) {
        used[i] = all[i] > 0;
      }
    }
    return used;
  }
}
