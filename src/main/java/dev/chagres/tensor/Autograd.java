package dev.chagres.tensor;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.autograd.Backward;
import dev.chagres.autograd.Edge;
import dev.chagres.autograd.GradMode;
import dev.chagres.core.Layout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Gradients as functions, and what decides whether operations are recorded. */
public final class Autograd extends FunctionalAutograd {
  private Autograd() {}

  // ---- recording

  /**
   * Stops recording on this thread until the result is closed: {@code try (var off =
   * Autograd.noGrad()) { … }}.
   */
  public static GradMode noGrad() {
    return GradMode.disable();
  }

  /** Runs code without recording. */
  public static void noGrad(Runnable code) {
    given("noGrad", "code", code);
    try (var _ = GradMode.disable()) {
      code.run();
    }
  }

  /** Returns what code computes without recording. */
  public static <T> T noGrad(Supplier<T> code) {
    given("noGrad", "code", code);
    try (var _ = GradMode.disable()) {
      return code.get();
    }
  }

  /** Records on this thread until the result is closed, also inside {@link #noGrad()}. */
  public static GradMode enableGrad() {
    return GradMode.enable();
  }

  /** Returns whether operations of this thread are recorded. */
  public static boolean isGradEnabled() {
    return GradMode.isEnabled();
  }

  /** Records on this thread from now on, or does not; until the result is closed, if it ever is. */
  public static GradMode setGradEnabled(boolean enabled) {
    return enabled ? GradMode.enable() : GradMode.disable();
  }

  /**
   * Stops recording on this thread until the result is closed, and keeps {@link #enableGrad()} from
   * undoing that inside. Tensors made inside {@linkplain Tensor#isInference are known} by it, and
   * refuse {@link Tensor#requiresGrad_} outside. What else PyTorch refuses of them there, to write
   * to them and to keep them for a gradient, is allowed here.
   */
  public static GradMode inferenceMode() {
    return GradMode.inference();
  }

  /** Runs code in {@link #inferenceMode()}. */
  public static void inferenceMode(Runnable code) {
    given("inferenceMode", "code", code);
    try (var _ = GradMode.inference()) {
      code.run();
    }
  }

  /** Returns what code computes in {@link #inferenceMode()}. */
  public static <T> T inferenceMode(Supplier<T> code) {
    given("inferenceMode", "code", code);
    try (var _ = GradMode.inference()) {
      return code.get();
    }
  }

  /** Returns whether this thread is in {@link #inferenceMode()}. */
  public static boolean isInferenceModeEnabled() {
    return GradMode.isInference();
  }

  // ---- anomalies

  /**
   * Has this thread look for what goes wrong in a backward pass, until the result is closed: {@code
   * try (var on = Autograd.detectAnomaly()) { … }} around both the computation and its backward.
   * Operations that are recorded inside remember the line of the program that made them, and a
   * gradient rule that fails or returns NaN ends the pass with an {@link
   * dev.chagres.autograd.AnomalyException} that names both. It is slow: a stack walk for each
   * operation, and a look at each element of each gradient.
   */
  public static GradMode detectAnomaly() {
    return GradMode.detectAnomaly();
  }

  /** Has every thread do that from now on, or none but those that are inside the other form. */
  public static void setDetectAnomaly(boolean detect) {
    GradMode.detectAnomalyEverywhere(detect);
  }

  /** Returns whether this thread detects anomalies. */
  public static boolean isAnomalyEnabled() {
    return GradMode.isDetectingAnomaly();
  }

  // ---- gradients

  /**
   * Adds up, into {@link Tensor#grad()} of every leaf that these scalars were computed from, the
   * derivative of their sum with respect to that leaf, in one pass: {@code
   * torch.autograd.backward}.
   *
   * @throws IllegalStateException if an output was not computed from what requires gradients
   */
  public static void backward(List<? extends Tensor> outputs, Backward.Option... options) {
    backward(outputs, (List<Tensor>) null, options);
  }

  /**
   * The same for tensors of any shape: each of {@code gradOutputs} is the derivative of some scalar
   * with respect to the output. Without gradOutputs every output is a scalar.
   */
  public static void backward(
      List<? extends Tensor> outputs,
      @Nullable List<? extends Tensor> gradOutputs,
      Backward.Option... options) {
    pass("backward", outputs, gradOutputs, options, Backward::run);
  }

  /**
   * The same, into the gradients of these tensors alone: PyTorch's {@code backward(inputs=…)}. Of
   * one that was computed the gradient is {@linkplain Tensor#retainGrad kept} from now on. What
   * leads to none of them is not walked.
   *
   * @throws IllegalStateException if an input does not require gradients
   * @throws IllegalArgumentException if there is no input
   */
  public static void backward(
      List<? extends Tensor> outputs,
      @Nullable List<? extends Tensor> gradOutputs,
      List<? extends Tensor> inputs,
      Backward.Option... options) {
    checkGiven("backward", outputs, options);
    each("backward", "an input", given("backward", "inputs", inputs));
    if (inputs.isEmpty()) {
      throw new IllegalArgumentException(
          "backward: there is no input; leave them away to have the gradients of all leaves");
    }
    List<Edge<Tensor>> targets = edges("backward", inputs);
    pass(
        "backward",
        outputs,
        gradOutputs,
        options,
        pass -> {
          inputs.stream().filter(input -> !input.isLeaf()).forEach(Tensor::retainGrad);
          pass.run(targets);
        });
  }

  private static void pass(
      String name,
      List<? extends Tensor> outputs,
      @Nullable List<? extends Tensor> gradOutputs,
      Backward.Option[] options,
      Consumer<Backward<Tensor>> walk) {
    checkGiven(name, outputs, options);
    try (GradientMemory memory = GradientMemory.open(Arrays.asList(options))) {
      Backward<Tensor> pass = new Backward<>(memory, options);
      seedAll(name, pass, outputs, gradOutputs);
      walk.accept(pass);
    }
  }

  private static void checkGiven(
      String name, List<? extends Tensor> outputs, Backward.Option[] options) {
    each(name, "an output", given(name, "outputs", outputs));
    each(name, "an option", Arrays.asList(given(name, "options", options)));
  }

  private static void seedAll(
      String name,
      Backward<Tensor> pass,
      List<? extends Tensor> outputs,
      @Nullable List<? extends Tensor> gradOutputs) {
    if (gradOutputs != null) {
      each(name, "a gradient of an output", gradOutputs);
      if (gradOutputs.size() != outputs.size()) {
        throw new IllegalArgumentException(
            name + ": " + gradOutputs.size() + " gradOutputs for " + outputs.size() + " outputs");
      }
    }
    for (int i = 0; i < outputs.size(); i++) {
      Tensor output = outputs.get(i);
      Tensor gradient = gradOutputs == null ? null : gradOutputs.get(i);
      pass.seed(start(name, output), seed(name, output, gradient));
    }
  }

  private static List<Edge<Tensor>> edges(String name, List<? extends Tensor> inputs) {
    List<Edge<Tensor>> edges = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      Edge<Tensor> edge = inputs.get(i).edge();
      if (edge == null) {
        throw new IllegalStateException(name + ": input " + i + " does not require gradients");
      }
      edges.add(edge);
    }
    return edges;
  }

  static void backward(Tensor result, @Nullable Tensor gradient, Backward.Option... options) {
    List<Tensor> gradients = gradient == null ? null : List.of(gradient);
    pass("backward", List.of(result), gradients, options, Backward::run);
  }

  /**
   * Returns the derivative of a scalar with respect to each input, and leaves every {@link
   * Tensor#grad()} as it is.
   *
   * @throws IllegalStateException if an input does not require gradients, or the output does not
   *     depend on it
   */
  public static List<Tensor> grad(
      Tensor output, List<? extends Tensor> inputs, Backward.Option... options) {
    return grad(List.of(given("grad", "output", output)), inputs, null, options);
  }

  /** Returns the derivative of a scalar with respect to one input. */
  public static Tensor grad(Tensor output, Tensor input, Backward.Option... options) {
    return grad(output, List.of(given("grad", "input", input)), options).getFirst();
  }

  /**
   * Returns the sum over all outputs of the product of {@code gradOutputs} with the derivative of
   * the output, with respect to each input. Without gradOutputs every output is a scalar.
   */
  public static List<Tensor> grad(
      List<? extends Tensor> outputs,
      List<? extends Tensor> inputs,
      @Nullable List<? extends Tensor> gradOutputs,
      Backward.Option... options) {
    given("grad", "outputs", outputs).forEach(output -> given("grad", "an output", output));
    given("grad", "inputs", inputs).forEach(input -> given("grad", "an input", input));
    each("grad", "an option", Arrays.asList(given("grad", "options", options)));
    List<@Nullable Tensor> found = gradOrNull(outputs, inputs, gradOutputs, options);
    List<Tensor> results = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      Tensor gradient = found.get(i);
      if (gradient == null) {
        throw new IllegalStateException(
            "grad: the outputs do not depend on input " + i + "; gradOrNull returns null for it");
      }
      results.add(gradient);
    }
    return results;
  }

  /**
   * The same, with null for an input that the outputs do not depend on: PyTorch's {@code
   * allow_unused}.
   */
  public static List<@Nullable Tensor> gradOrNull(
      List<? extends Tensor> outputs,
      List<? extends Tensor> inputs,
      @Nullable List<? extends Tensor> gradOutputs,
      Backward.Option... options) {
    given("gradOrNull", "outputs", outputs)
        .forEach(output -> given("gradOrNull", "an output", output));
    given("gradOrNull", "inputs", inputs).forEach(input -> given("gradOrNull", "an input", input));
    each("gradOrNull", "an option", Arrays.asList(given("gradOrNull", "options", options)));
    List<Edge<Tensor>> targets = edges("grad", inputs);
    try (GradientMemory memory = GradientMemory.open(Arrays.asList(options))) {
      Backward<Tensor> pass = new Backward<>(memory, options);
      seedAll("grad", pass, outputs, gradOutputs);
      List<@Nullable Tensor> results = pass.gradients(targets);
      for (Tensor result : results) {
        if (result != null) {
          memory.release(result);
        }
      }
      return results;
    }
  }

  /**
   * The gradients where a walk from these outputs comes to {@code targets}; it ends at these and at
   * others.
   */
  static List<@Nullable Tensor> gradientsUpTo(
      List<? extends Tensor> outputs,
      List<@Nullable Tensor> gradOutputs,
      List<Edge<Tensor>> targets,
      List<Edge<Tensor>> ends,
      boolean create) {
    List<Backward.Option> options = create ? List.of(Backward.Option.CREATE_GRAPH) : List.of();
    try (GradientMemory memory = GradientMemory.open(options)) {
      Backward<Tensor> pass = new Backward<>(memory, options.toArray(Backward.Option[]::new));
      for (int i = 0; i < outputs.size(); i++) {
        Edge<Tensor> edge = outputs.get(i).edge();
        Tensor gradient = gradOutputs.get(i);
        if (edge != null && gradient != null) {
          pass.seed(edge, gradient);
        }
      }
      List<@Nullable Tensor> results = pass.gradientsUpTo(targets, ends);
      for (Tensor result : results) {
        if (result != null) {
          memory.handOver(result);
        }
      }
      return results;
    }
  }

  private static Edge<Tensor> start(String name, Tensor result) {
    Edge<Tensor> edge = result.edge();
    if (edge == null) {
      throw new IllegalStateException(
          name
              + ": the tensor does not require gradients and was not computed from one that does"
              + " (inside noGrad nothing is recorded, and of gradients only with CREATE_GRAPH)");
    }
    return edge;
  }

  private static Tensor seed(String name, Tensor result, @Nullable Tensor gradient) {
    if (gradient == null) {
      if (result.numel() != 1) {
        throw new IllegalStateException(
            name
                + ": only a scalar can do without a gradient of its own, not shape "
                + result.shape()
                + "; pass one, or call sum() or mean() first");
      }
      return result.onesLike();
    }
    if (!gradient.shape().equals(result.shape())) {
      throw new IllegalArgumentException(
          name
              + ": a gradient of shape "
              + gradient.shape()
              + " for a tensor of shape "
              + result.shape());
    }
    Tensor here = Backends.joined(gradient, result.device());
    if (!here.device().equals(result.device())) {
      throw new IllegalArgumentException(
          name + ": a gradient on " + here.device() + " for a tensor on " + result.device());
    }
    return Copying.cast(here, result.dtype());
  }

  /** Checks what a hook returned; null leaves the gradient as it is. */
  static @Nullable Tensor replacement(Tensor gradient, @Nullable Tensor changed) {
    if (changed != null
        && (changed.dtype() != gradient.dtype()
            || !changed.shape().equals(gradient.shape())
            || !changed.device().equals(gradient.device()))) {
      throw new IllegalStateException(
          "registerHook: the hook returned "
              + Tensor.describe(changed)
              + " in place of a gradient "
              + Tensor.describe(gradient)
              + "; shape, dtype and device must stay");
    }
    return changed;
  }

  // ---- the leaves' side

  /**
   * A leaf's first gradient, which shares no memory with another's, and lies as the leaf does; as
   * in PyTorch in row-major order if the leaf has gaps.
   */
  static Tensor owned(Tensor gradient, Layout leaf) {
    boolean exclusive = !GradMode.isEnabled() && GradientMemory.isExclusive(gradient);
    Layout own = gradient.layout();
    if (leaf.isContiguous() || !leaf.isGapless()) {
      return exclusive && own.isContiguous() ? gradient : Copying.copy(gradient);
    }
    return exclusive && Arrays.equals(own.strides(), leaf.strides())
        ? gradient
        : Copying.lain(gradient, leaf.dense());
  }

  /**
   * A leaf's gradient after one more has arrived: added in place, unless the sum is to be
   * differentiated.
   */
  static Tensor accumulated(Tensor before, Tensor gradient) {
    return GradMode.isEnabled() ? before.add(gradient) : before.add_(gradient);
  }
}
