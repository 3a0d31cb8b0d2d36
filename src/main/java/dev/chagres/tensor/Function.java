package dev.chagres.tensor;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.autograd.Backward;
import dev.chagres.autograd.Edge;
import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Joint;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An operation whose gradient its author writes: PyTorch's {@code torch.autograd.Function}. What
 * {@link #forward} computes is not recorded; the tape holds one node for the whole, and {@link
 * #backward} is its rule.
 *
 * <pre>{@code
 * class Exp extends Function {
 *   @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
 *     Tensor y = inputs.get(0).exp();
 *     context.saveForBackward(y);
 *     return List.of(y);
 *   }
 *
 *   @Override protected List<Tensor> backward(Context context, List<Tensor> gradOutputs) {
 *     return List.of(gradOutputs.get(0).mul(context.savedTensors().get(0)));
 *   }
 * }
 *
 * Tensor y = new Exp().call(x);
 * }</pre>
 *
 * <p>A rule written with tensor operations can itself be differentiated. {@code java.util.function}
 * has a class of this name too: a script imports this one by its name.
 */
public abstract class Function {

  /** Makes the operation; the same object may be called any number of times. */
  protected Function() {}

  /**
   * Computes the outputs, unrecorded.
   *
   * @param context takes what {@link #backward} will need
   * @param inputs what the operation was called with
   */
  protected abstract List<Tensor> forward(Context context, List<Tensor> inputs);

  /**
   * Computes the gradients of the inputs: one for each, null where none flows. One whose input was
   * broadcast is summed to that input's shape.
   *
   * @param gradOutputs one for each output; zeros where none arrived, or null after {@link
   *     Context#leaveMissingGradients}
   */
  protected abstract List<@Nullable Tensor> backward(
      Context context, List<@Nullable Tensor> gradOutputs);

  /** Runs the operation, and records it if an input requires gradients. */
  public final List<Tensor> apply(Tensor... inputs) {
    for (Tensor input : given("apply", "inputs", inputs)) {
      if (given("apply", "an input", input).device().isTraced()) {
        throw Tracing.ownGradient(name());
      }
    }
    List<Tensor> operands = List.of(inputs);
    List<@Nullable Edge<Tensor>> edges = new ArrayList<>();
    boolean record = false;
    for (Tensor input : operands) {
      Edge<Tensor> edge = GradMode.isEnabled() ? input.edge() : null;
      edges.add(edge);
      record |= edge != null;
    }
    Context context = new Context(name(), edges);
    List<Tensor> computed;
    try (var _ = GradMode.disable()) {
      List<Tensor> results = given(name(), "the result of forward", forward(context, operands));
      computed = List.copyOf(each(name(), "an output", results));
    }
    List<Tensor> outputs = context.finish(operands, computed);
    if (record) {
      record(context, operands, edges, outputs);
    }
    return outputs;
  }

  /**
   * Runs an operation with one output and returns it.
   *
   * @throws IllegalStateException if there are several outputs, or none
   */
  public final Tensor call(Tensor... inputs) {
    for (Tensor input : given("call", "inputs", inputs)) {
      given("call", "an input", input);
    }
    List<Tensor> outputs = apply(inputs);
    if (outputs.size() != 1) {
      throw new IllegalStateException(
          name() + ": there are " + outputs.size() + " outputs; use apply");
    }
    return outputs.getFirst();
  }

  private String name() {
    String simple = getClass().getSimpleName();
    return simple.isEmpty() ? "Function" : simple;
  }

  private void record(
      Context context,
      List<Tensor> inputs,
      List<@Nullable Edge<Tensor>> edges,
      List<Tensor> outputs) {
    List<Form> from = inputs.stream().map(Form::of).toList();
    List<Form> to = outputs.stream().map(Form::of).toList();
    Joint<Tensor> node =
        new Joint<>(
            name() + "Backward",
            edges,
            outputs.size(),
            Joint.Author.USER,
            gradients -> fitted(backward(context, context.completed(gradients, to)), from));
    for (int slot = 0; slot < outputs.size(); slot++) {
      if (context.isDifferentiable(outputs.get(slot))) {
        outputs.get(slot).setHistory(new Edge<>(node, slot));
      }
    }
  }

  /** What a gradient must look like. */
  private record Form(Shape shape, DType dtype, Device device) {
    static Form of(Tensor tensor) {
      return new Form(tensor.shape(), tensor.dtype(), tensor.device());
    }
  }

  /** Checks what the rule returned, sums what broadcasting repeated, and casts. */
  private List<@Nullable Tensor> fitted(List<@Nullable Tensor> gradients, List<Form> forms) {
    if (gradients.size() != forms.size()) {
      throw new IllegalStateException(
          name()
              + ": backward returned "
              + gradients.size()
              + " gradients for "
              + forms.size()
              + " inputs");
    }
    List<@Nullable Tensor> results = new ArrayList<>();
    for (int i = 0; i < forms.size(); i++) {
      Tensor gradient = gradients.get(i);
      results.add(gradient == null ? null : fitted(gradient, forms.get(i), i));
    }
    return results;
  }

  private Tensor fitted(Tensor gradient, Form form, int input) {
    Shape shape = gradient.shape();
    if (!shape.equals(Shape.broadcast(form.shape, shape))) {
      throw new IllegalStateException(
          name()
              + ": backward returned a gradient of shape "
              + shape
              + " for input "
              + input
              + " of shape "
              + form.shape);
    }
    return Copying.cast(Reducing.sumTo(gradient, form.shape), form.dtype);
  }

  /**
   * Returns one of the gradients that {@link #backward} is given, which are all there unless {@link
   * Context#leaveMissingGradients} was called.
   *
   * @throws IllegalStateException if it is missing
   */
  protected static Tensor gradOutput(List<@Nullable Tensor> gradOutputs, int output) {
    Tensor g = given("gradOutput", "gradOutputs", gradOutputs).get(output);
    if (g == null) {
      throw new IllegalStateException(
          "gradOutput: no gradient arrived for output " + output + ", and missing ones were left");
    }
    return g;
  }

  /** What one run of an operation keeps for its gradient. */
  public static final class Context {
    private final String name;
    private final List<@Nullable Edge<Tensor>> edges;
    private final Set<Tensor> plain = Collections.newSetFromMap(new IdentityHashMap<>());
    private List<Tensor> kept = List.of();
    private @Nullable List<Saved> saved;
    private boolean leavesMissing;

    private Context(String name, List<@Nullable Edge<Tensor>> edges) {
      this.name = name;
      this.edges = edges;
    }

    /**
     * Keeps inputs, outputs or tensors between them for {@link Function#backward}; the last call
     * counts. They may not be written to until then.
     */
    public void saveForBackward(Tensor... tensors) {
      if (saved != null) {
        throw new IllegalStateException(name + ": saveForBackward belongs in forward");
      }
      kept = List.of(tensors);
    }

    /**
     * Returns what was kept.
     *
     * @throws IllegalStateException if one of the tensors was written to since
     */
    public List<Tensor> savedTensors() {
      return saved == null ? kept : saved.stream().map(Saved::get).toList();
    }

    /**
     * Returns whether anyone wants the gradient of an input: if not, {@link Function#backward} may
     * return null for it. In {@link Function#forward} that is whether the input requires gradients;
     * in a backward pass whether this one leads to what it was asked for besides, as in PyTorch's
     * C++ functions, where Python's say the same of all passes.
     */
    public boolean needsInputGrad(int input) {
      Edge<Tensor> edge = edges.get(input);
      return saved == null ? edge != null : Backward.isWanted(edge);
    }

    /**
     * Says of outputs that no gradient flows through them. Those of integer and bool dtypes never
     * have one.
     */
    public void markNonDifferentiable(Tensor... outputs) {
      plain.addAll(Arrays.asList(outputs));
    }

    /** Has {@link Function#backward} see null, not zeros, where no gradient arrived. */
    public void leaveMissingGradients() {
      leavesMissing = true;
    }

    /**
     * Makes each output a tensor of its own, which a history can be given to: not an input, nor a
     * view of one, nor there twice.
     */
    private List<Tensor> finish(List<Tensor> inputs, List<Tensor> computed) {
      IdentityHashMap<Tensor, Tensor> taken = new IdentityHashMap<>();
      List<Tensor> outputs = new ArrayList<>();
      for (Tensor output : computed) {
        boolean own =
            inputs.stream().noneMatch(input -> input == output)
                && !taken.containsKey(output)
                && output.view() == null
                && !output.requiresGrad();
        Tensor result = own ? output : output.detach();
        if (plain.contains(output)) {
          plain.add(result);
        }
        taken.put(output, result);
        outputs.add(result);
      }
      List<Saved> all = new ArrayList<>();
      for (Tensor tensor : kept) {
        boolean isInput = inputs.stream().anyMatch(input -> input == tensor);
        all.add(new Saved(isInput ? tensor : taken.getOrDefault(tensor, tensor)));
      }
      saved = all;
      kept = List.of();
      return List.copyOf(outputs);
    }

    private boolean isDifferentiable(Tensor output) {
      return output.dtype().isFloating() && !plain.contains(output);
    }

    private List<@Nullable Tensor> completed(List<@Nullable Tensor> gradients, List<Form> forms) {
      if (leavesMissing) {
        return Collections.unmodifiableList(gradients);
      }
      List<@Nullable Tensor> all = new ArrayList<>();
      for (int i = 0; i < forms.size(); i++) {
        Tensor gradient = gradients.get(i);
        Form form = forms.get(i);
        all.add(
            gradient != null ? gradient : Creation.full(form.device, form.shape, 0, form.dtype));
      }
      return Collections.unmodifiableList(all);
    }
  }
}
