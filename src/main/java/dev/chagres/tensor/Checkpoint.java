package dev.chagres.tensor;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.autograd.Backward;
import dev.chagres.autograd.Edge;
import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Joint;
import dev.chagres.autograd.Segment;
import dev.chagres.memory.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A function that is computed again for its gradient. The first time it is recorded only to learn
 * where its gradients go: to its inputs, and to whatever it captured; then the record is dropped.
 * The second time the walk through the new record ends at these.
 */
final class Checkpoint {
  private final Function<List<Tensor>, List<Tensor>> function;
  private final List<Saved> inputs;
  private final Generator.Snapshot random = new Generator.Snapshot();
  private final Autocast.Snapshot autocast = new Autocast.Snapshot();
  private List<Exit> exits = List.of();
  private List<@Nullable Edge<Tensor>> edges = List.of();
  private List<String> forms = List.of();

  private Checkpoint(Function<List<Tensor>, List<Tensor>> function, List<Tensor> inputs) {
    this.function = function;
    this.inputs = inputs.stream().map(Saved::new).toList();
  }

  /** Where a gradient leaves the function: at an input, or at what it captured. */
  private sealed interface Exit {
    record Input(int number) implements Exit {}

    record Captured(Edge<Tensor> edge) implements Exit {}
  }

  static List<Tensor> of(Function<List<Tensor>, List<Tensor>> function, List<Tensor> inputs) {
    return GradMode.isEnabled()
        ? new Checkpoint(function, inputs).first(List.copyOf(inputs))
        : results(function, inputs);
  }

  static Tensor sequential(List<UnaryOperator<Tensor>> steps, int segments, Tensor input) {
    if (segments < 1 || segments > steps.size()) {
      throw new IllegalArgumentException(
          "checkpointSequential: " + segments + " segments of " + steps.size() + " functions");
    }
    int length = steps.size() / segments;
    Tensor x = input;
    for (int i = 0; i < segments - 1; i++) {
      x = Autograd.checkpoint(chain(steps.subList(i * length, (i + 1) * length)), x);
    }
    return chain(steps.subList((segments - 1) * length, steps.size())).apply(x);
  }

  private static UnaryOperator<Tensor> chain(List<UnaryOperator<Tensor>> steps) {
    return input -> {
      Tensor x = input;
      for (UnaryOperator<Tensor> step : steps) {
        x = given("checkpointSequential", "the result of a function", step.apply(x));
      }
      return x;
    };
  }

  private static List<Tensor> results(
      Function<List<Tensor>, List<Tensor>> function, List<Tensor> inputs) {
    List<Tensor> results =
        given("checkpoint", "the result of the function", function.apply(inputs));
    return List.copyOf(each("checkpoint", "an output of the function", results));
  }

  // ---- the first time

  private List<Tensor> first(List<Tensor> operands) {
    List<@Nullable Edge<Tensor>> ends = edges(operands);
    List<Tensor> aliases = operands.stream().map(Derivatives::alias).toList();
    List<@Nullable Edge<Tensor>> starts = edges(aliases);
    Segment segment = Segment.begin();
    try (@Nullable Scope scope = Scope.isAnyOpen() ? Scope.open() : null) {
      List<Tensor> computed = results(function, aliases);
      List<Edge<Tensor>> from = new ArrayList<>();
      List<Tensor> outputs = new ArrayList<>();
      for (Tensor output : computed) {
        Edge<Tensor> edge = output.edge();
        if (edge != null) {
          from.add(edge);
        }
        outputs.add(edge == null ? output : new Tensor(output.data()));
      }
      edges = new ArrayList<>();
      exits = new ArrayList<>();
      for (Edge<Tensor> exit : segment.exits(from)) {
        int input = starts.indexOf(exit);
        exits.add(input < 0 ? new Exit.Captured(exit) : new Exit.Input(input));
        edges.add(input < 0 ? exit : ends.get(input));
      }
      forms = forms(computed);
      if (!exits.isEmpty()) {
        var node =
            new Joint<>(
                "CheckpointBackward", edges, outputs.size(), Joint.Author.LIBRARY, this::gradients);
        for (int slot = 0; slot < outputs.size(); slot++) {
          if (computed.get(slot).requiresGrad()) {
            outputs.get(slot).setHistory(new Edge<>(node, slot));
          }
        }
      }
      if (scope != null && !outputs.isEmpty()) {
        return List.copyOf(scope.keep(outputs));
      }
      return List.copyOf(outputs);
    }
  }

  private static List<@Nullable Edge<Tensor>> edges(List<Tensor> tensors) {
    List<@Nullable Edge<Tensor>> edges = new ArrayList<>();
    tensors.forEach(tensor -> edges.add(tensor.edge()));
    return edges;
  }

  private static List<String> forms(List<Tensor> tensors) {
    return tensors.stream().map(Tensor::describe).toList();
  }

  // ---- the second time

  private List<@Nullable Tensor> gradients(List<@Nullable Tensor> arrived) {
    Backward.usedSaved();
    boolean create = GradMode.isEnabled();
    List<Tensor> operands = inputs.stream().map(Saved::get).toList();
    try (var _ = GradMode.enable();
        @Nullable Scope scope = create ? null : Scope.open()) {
      List<Tensor> aliases = operands.stream().map(Derivatives::alias).toList();
      List<@Nullable Edge<Tensor>> starts = edges(aliases);
      List<Tensor> outputs = again(aliases);
      if (!forms.equals(forms(outputs))) {
        throw new IllegalStateException(
            "checkpoint: the function returned "
                + forms
                + " at first, and "
                + forms(outputs)
                + " when it was computed again");
      }
      List<Edge<Tensor>> leaving = new ArrayList<>();
      List<Edge<Tensor>> targets = new ArrayList<>();
      for (int i = 0; i < exits.size(); i++) {
        leaving.add(
            switch (exits.get(i)) {
              case Exit.Input input -> Objects.requireNonNull(starts.get(input.number));
              case Exit.Captured captured -> captured.edge;
            });
        if (Backward.isWanted(edges.get(i))) {
          targets.add(leaving.getLast());
        }
      }
      var found = Autograd.gradientsUpTo(outputs, arrived, targets, leaving, create).iterator();
      List<@Nullable Tensor> results = new ArrayList<>();
      for (Edge<Tensor> edge : edges) {
        results.add(Backward.isWanted(edge) ? found.next() : null);
      }
      return scope == null ? results : kept(scope, results);
    }
  }

  private static List<@Nullable Tensor> kept(Scope scope, List<@Nullable Tensor> results) {
    List<@Nullable Tensor> kept = new ArrayList<>();
    for (Tensor result : results) {
      kept.add(result == null ? null : scope.keep(result));
    }
    return kept;
  }

  /** Computes the function with the random numbers and the dtypes of the first time. */
  private List<Tensor> again(List<Tensor> aliases) {
    try (var _ = Generator.fork();
        var _ = autocast.open()) {
      random.restore();
      return results(function, aliases);
    }
  }
}
