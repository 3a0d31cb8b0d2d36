package dev.chagres.tensor;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.autograd.Backward;
import dev.chagres.autograd.Edge;
import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Joint;
import dev.chagres.core.Device;
import dev.chagres.tensor.Traced.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A function whose elementwise operations run as one. It is traced once for all operands of the
 * same shapes and dtypes. Its gradient is such a function too, traced through the gradient rules of
 * the operations, and so is the gradient of that: intermediate values are computed again, not
 * saved.
 */
final class FusedFunction {
  /** How many traces are kept; programs whose shapes change for ever begin anew then. */
  private static final int MOST_TRACES = 256;

  private final Function<List<Tensor>, List<@Nullable Tensor>> function;
  private final int model;
  private final Map<List<Form>, Traced> traces = new ConcurrentHashMap<>();
  private final Map<Flow, FusedFunction> gradients = new ConcurrentHashMap<>();

  /** What ran last, as most calls are like the one before. */
  private volatile @Nullable Traced last;

  /** Whose gradients are wanted, and of which results there are gradients. */
  private record Flow(List<Boolean> operands, List<Boolean> results) {}

  /**
   * Makes one.
   *
   * @param model the operand whose shape the computed elements have, or -1 for the results'
   */
  private FusedFunction(Function<List<Tensor>, List<@Nullable Tensor>> function, int model) {
    this.function = function;
    this.model = model;
  }

  /** Makes one with one result. */
  static FusedFunction of(Function<List<Tensor>, Tensor> function) {
    return new FusedFunction(inputs -> List.of(returned(function.apply(inputs))), -1);
  }

  /** Makes one with any number of results. */
  static FusedFunction ofLists(Function<List<Tensor>, List<Tensor>> function) {
    return new FusedFunction(
        inputs -> {
          List<@Nullable Tensor> results = new ArrayList<>();
          for (Tensor result : returned(function.apply(inputs))) {
            results.add(returned(result));
          }
          return results;
        },
        -1);
  }

  private static <T> T returned(@Nullable T result) {
    if (result == null) {
      throw new IllegalStateException("fused: the function returned null");
    }
    return result;
  }

  // A profiler shows calls by the name of these.

  /** Calls a function of one tensor. */
  Tensor fused(Tensor a) {
    return result(List.of(given("apply", "a", a)));
  }

  /** Calls a function of two tensors. */
  Tensor fused(Tensor a, Tensor b) {
    return result(List.of(given("apply", "a", a), given("apply", "b", b)));
  }

  /** Calls a function of three tensors. */
  Tensor fused(Tensor a, Tensor b, Tensor c) {
    given("apply", "a", a);
    given("apply", "b", b);
    return result(List.of(a, b, given("apply", "c", c)));
  }

  /** Calls a function of any number of tensors. */
  List<Tensor> fused(List<Tensor> operands) {
    each("apply", "an operand", given("apply", "operands", operands));
    if (operands.isEmpty()) {
      throw new IllegalArgumentException("apply: a fused function has operands");
    }
    return results(List.copyOf(operands));
  }

  /** Calls a function whose one result is there. */
  private Tensor result(List<Tensor> operands) {
    return Objects.requireNonNull(call(operands).getFirst());
  }

  /** Calls a function whose results are all there. */
  private List<Tensor> results(List<Tensor> operands) {
    List<Tensor> results = new ArrayList<>();
    for (Tensor result : call(operands)) {
      results.add(Objects.requireNonNull(result));
    }
    return results;
  }

  /** Calls the function; null stands for a gradient that does not depend on the operands. */
  List<@Nullable Tensor> call(List<Tensor> inputs) {
    if (isTraced(inputs) || GradMode.isDetectingAnomaly()) {
      return function.apply(inputs); // each operation for itself
    }
    List<Tensor> operands = inputs.size() == 1 ? inputs : together(inputs);
    boolean enabled = GradMode.isEnabled();
    Traced traced = last;
    if (traced == null || !fits(traced, operands, enabled)) {
      traced = traced(forms(operands, enabled));
      last = traced;
    }
    List<@Nullable Tensor> results = traced.run(operands);
    if (traced.hasRecorded()) {
      record(operands, traced, results);
    }
    return results;
  }

  private boolean fits(Traced traced, List<Tensor> operands, boolean enabled) {
    List<Form> forms = traced.forms();
    boolean fits = forms.size() == operands.size();
    for (int i = 0; fits && i < operands.size(); i++) {
      Tensor operand = operands.get(i);
      Form form = forms.get(i);
      boolean isRecorded = enabled && operand.requiresGrad();
      fits =
          form.isRecorded() == isRecorded
              && (isArriving(i) ? form.equals(form(i, operand, isRecorded)) : form.isOf(operand));
    }
    return fits;
  }

  private List<Form> forms(List<Tensor> operands, boolean enabled) {
    List<Form> forms = new ArrayList<>(operands.size());
    for (int i = 0; i < operands.size(); i++) {
      Tensor operand = operands.get(i);
      forms.add(form(i, operand, enabled && operand.requiresGrad()));
    }
    return forms;
  }

  private static boolean isTraced(List<Tensor> inputs) {
    for (Tensor input : inputs) {
      if (input.device().isTraced()) {
        return true;
      }
    }
    return false;
  }

  /** On one device, which numbers of the CPU join. */
  private static List<Tensor> together(List<Tensor> inputs) {
    Device device = Backends.together("fused", inputs);
    if (device.isCpu()) {
      return inputs;
    }
    List<Tensor> operands = new ArrayList<>(inputs.size());
    for (Tensor input : inputs) {
      operands.add(Backends.joined(input, device));
    }
    return operands;
  }

  /** How a gradient lies that arrives, as after a sum, says nothing of those to be computed. */
  private Form form(int index, Tensor operand, boolean isRecorded) {
    return isArriving(index)
        ? new Form(operand.dtype(), operand.shape().contiguous(), isRecorded)
        : Form.of(operand, isRecorded);
  }

  private boolean isArriving(int index) {
    return model >= 0 && index >= model;
  }

  private Traced traced(List<Form> forms) {
    Traced found = traces.get(forms);
    return found != null ? found : trace(List.copyOf(forms));
  }

  private synchronized Traced trace(List<Form> forms) {
    Traced traced = traces.get(forms);
    if (traced == null) {
      traced = Traced.of(forms, model, function);
      traceGradient(forms, traced);
      if (traces.size() >= MOST_TRACES) {
        traces.clear();
      }
      traces.put(forms, traced);
    }
    return traced;
  }

  /** Traces the gradient at once: a backward pass may be where nothing can be recorded. */
  private void traceGradient(List<Form> forms, Traced traced) {
    List<Boolean> there = new ArrayList<>();
    List<Form> all = new ArrayList<>();
    forms.forEach(form -> all.add(form.unrecorded()));
    for (int slot = 0; slot < traced.results().size(); slot++) {
      there.add(traced.isRecorded(slot));
      if (traced.isRecorded(slot)) {
        all.add(traced.gradient(slot));
      }
    }
    if (there.contains(true)) {
      gradient(new Flow(forms.stream().map(Form::isRecorded).toList(), there)).traced(all);
    }
  }

  // ---- gradients

  private void record(List<Tensor> operands, Traced traced, List<@Nullable Tensor> results) {
    List<Form> forms = traced.forms();
    List<@Nullable Edge<Tensor>> edges = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      edges.add(forms.get(i).isRecorded() ? operands.get(i).edge() : null);
    }
    List<Saved> saved = operands.stream().map(Saved::new).toList();
    Joint<Tensor> node =
        new Joint<>(
            "FusedBackward",
            edges,
            results.size(),
            Joint.Author.LIBRARY,
            arrived -> gradients(wanted(edges), saved, arrived));
    for (int slot = 0; slot < results.size(); slot++) {
      Tensor result = results.get(slot);
      if (result != null && traced.isRecorded(slot)) {
        result.setHistory(new Edge<>(node, slot));
      }
    }
  }

  /** Which gradients are computed: in inference mode, where none is fused anew, all of them. */
  private static List<Boolean> wanted(List<@Nullable Edge<Tensor>> edges) {
    List<Boolean> wanted = new ArrayList<>();
    for (Edge<Tensor> edge : edges) {
      wanted.add(GradMode.isInference() ? edge != null : Backward.isWanted(edge));
    }
    return wanted;
  }

  private List<@Nullable Tensor> gradients(
      List<Boolean> wanted, List<Saved> saved, List<@Nullable Tensor> arrived) {
    List<Tensor> inputs = new ArrayList<>();
    saved.forEach(operand -> inputs.add(operand.get()));
    List<Boolean> there = new ArrayList<>();
    for (Tensor g : arrived) {
      there.add(g != null);
      if (g != null) {
        inputs.add(g);
      }
    }
    List<@Nullable Tensor> found = gradient(new Flow(wanted, there)).call(inputs);
    List<@Nullable Tensor> all = new ArrayList<>();
    int next = 0;
    for (boolean isWanted : wanted) {
      all.add(isWanted ? found.get(next++) : null);
    }
    return all;
  }

  private FusedFunction gradient(Flow flow) {
    return gradients.computeIfAbsent(
        flow,
        _ ->
            new FusedFunction(
                inputs -> gradients(flow, inputs), model < 0 ? flow.operands.size() : model));
  }

  /** Computes the gradients of the wanted operands from all of them and those of the results. */
  private List<@Nullable Tensor> gradients(Flow flow, List<Tensor> inputs) {
    int count = flow.operands.size();
    List<Tensor> operands = new ArrayList<>(inputs.subList(0, count));
    List<Tensor> wanted = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (flow.operands.get(i)) {
        Tensor operand = operands.get(i);
        operands.set(i, operand.requiresGrad() ? operand : operand.detach().requiresGrad_());
        wanted.add(operands.get(i));
      }
    }
    List<@Nullable Tensor> results;
    try (var _ = GradMode.enable()) {
      results = function.apply(operands);
    }
    List<Tensor> reached = new ArrayList<>();
    List<Tensor> arrived = new ArrayList<>();
    int next = count;
    for (int slot = 0; slot < results.size(); slot++) {
      Tensor result = results.get(slot);
      Tensor g = flow.results.get(slot) ? inputs.get(next++) : null;
      if (result != null && g != null && result.requiresGrad()) {
        reached.add(result);
        arrived.add(g);
      }
    }
    if (reached.isEmpty()) {
      throw new IllegalStateException(
          "fused: in inference mode the gradient of shapes that are new cannot be computed");
    }
    boolean create = GradMode.isEnabled() && inputs.stream().anyMatch(Tensor::requiresGrad);
    Backward.Option[] options =
        create ? new Backward.Option[] {Backward.Option.CREATE_GRAPH} : new Backward.Option[0];
    return Tracing.puttingOffSums(() -> Autograd.gradOrNull(reached, wanted, arrived, options));
  }
}
