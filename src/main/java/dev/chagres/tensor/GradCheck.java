package dev.chagres.tensor;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.autograd.Backward.Option;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Checks gradients against central differences, as {@code torch.autograd.gradcheck} does: the full
 * Jacobian of every output with respect to every input that requires gradients. Those inputs are
 * float64. The check also demands that a gradient does not depend on how the gradient of an output
 * lies in memory, and is zero where that is zero.
 */
public final class GradCheck {
  private static final long SEED = 5_489;

  private final Function<List<Tensor>, List<Tensor>> function;
  private final List<Tensor> inputs;
  private final List<Tensor> wanted;
  private final Settings settings;
  private @Nullable List<Shape> shapes;

  private GradCheck(
      String name,
      Function<List<Tensor>, List<Tensor>> function,
      List<? extends Tensor> inputs,
      Settings settings) {
    this.function = complete(name, function);
    this.inputs = List.copyOf(each("gradcheck", "an input", inputs));
    this.wanted = this.inputs.stream().filter(Tensor::requiresGrad).toList();
    this.settings = settings;
    checkInputs(name);
  }

  /**
   * How far apart the Jacobians may be.
   *
   * @param eps the step of the differences
   * @param atol the absolute tolerance
   * @param rtol the tolerance relative to the difference
   */
  public record Settings(double eps, double atol, double rtol) {
    /** PyTorch's: 1e-6, 1e-5 and 1e-3. */
    public static final Settings STANDARD = new Settings(1e-6, 1e-5, 1e-3);
  }

  // ---- first derivatives

  /** Checks the gradient of a function of one tensor. */
  public static void gradcheck(UnaryOperator<Tensor> function, Tensor input) {
    given("gradcheck", "function", function);
    given("gradcheck", "input", input);
    gradcheck(listed(function), List.of(input));
  }

  /** Checks the gradient of a function of two tensors. */
  public static void gradcheck(BinaryOperator<Tensor> function, Tensor a, Tensor b) {
    given("gradcheck", "function", function);
    given("gradcheck", "a", a);
    given("gradcheck", "b", b);
    gradcheck(listed(function), List.of(a, b));
  }

  /** Checks the gradient of a function of any number of tensors with any number of results. */
  public static void gradcheck(
      Function<List<Tensor>, List<Tensor>> function, List<? extends Tensor> inputs) {
    given("gradcheck", "function", function);
    given("gradcheck", "inputs", inputs);
    gradcheck(function, inputs, Settings.STANDARD);
  }

  /**
   * Checks the gradient of a function.
   *
   * @throws GradientMismatchException if it is wrong
   * @throws IllegalArgumentException if no input requires gradients, or one that does is not
   *     float64, or its elements share memory
   */
  public static void gradcheck(
      Function<List<Tensor>, List<Tensor>> function,
      List<? extends Tensor> inputs,
      Settings settings) {
    given("gradcheck", "function", function);
    given("gradcheck", "inputs", inputs);
    given("gradcheck", "settings", settings);
    new GradCheck("gradcheck", function, inputs, settings).check();
  }

  // ---- second derivatives

  /** Checks the gradient of the gradient of a function of one tensor. */
  public static void gradgradcheck(UnaryOperator<Tensor> function, Tensor input) {
    given("gradgradcheck", "function", function);
    given("gradgradcheck", "input", input);
    gradgradcheck(listed(function), List.of(input));
  }

  /** Checks the gradient of the gradient of a function of two tensors. */
  public static void gradgradcheck(BinaryOperator<Tensor> function, Tensor a, Tensor b) {
    given("gradgradcheck", "function", function);
    given("gradgradcheck", "a", a);
    given("gradgradcheck", "b", b);
    gradgradcheck(listed(function), List.of(a, b));
  }

  /**
   * Checks the gradient of the gradient of a function of any number of tensors with any number of
   * results.
   */
  public static void gradgradcheck(
      Function<List<Tensor>, List<Tensor>> function, List<? extends Tensor> inputs) {
    given("gradgradcheck", "function", function);
    given("gradgradcheck", "inputs", inputs);
    gradgradcheck(function, inputs, Settings.STANDARD);
  }

  /**
   * Checks the gradient of the gradient: {@link #gradcheck} of the function that takes the inputs
   * and random gradients of the outputs to the gradients of the inputs.
   *
   * @throws GradientMismatchException if it is wrong
   */
  public static void gradgradcheck(
      Function<List<Tensor>, List<Tensor>> function,
      List<? extends Tensor> inputs,
      Settings settings) {
    given("gradgradcheck", "function", function);
    given("gradgradcheck", "inputs", inputs);
    given("gradgradcheck", "settings", settings);
    GradCheck first = new GradCheck("gradgradcheck", function, inputs, settings);
    Generator generator = new Generator(SEED);
    List<Tensor> all = new ArrayList<>(inputs);
    for (Tensor output : first.outputs()) {
      Tensor drawn = generator.randn(DType.FLOAT64, output.shape().toArray());
      all.add(drawn.to(output.device()).requiresGrad_());
    }
    int count = inputs.size();
    Function<List<Tensor>, List<Tensor>> gradient =
        arguments -> {
          List<Tensor> from = arguments.subList(0, count);
          List<Tensor> outputs = differentiable(first.function.apply(from));
          List<Tensor> targets = from.stream().filter(Tensor::requiresGrad).toList();
          return gradients(
              outputs, targets, arguments.subList(count, arguments.size()), Option.CREATE_GRAPH);
        };
    gradcheck(gradient, all, settings);
  }

  private static Function<List<Tensor>, List<Tensor>> listed(UnaryOperator<Tensor> function) {
    return inputs -> Collections.singletonList(function.apply(inputs.getFirst()));
  }

  private static Function<List<Tensor>, List<Tensor>> listed(BinaryOperator<Tensor> function) {
    return inputs -> Collections.singletonList(function.apply(inputs.getFirst(), inputs.get(1)));
  }

  /** The function, with an error that says so where it returns null. */
  private static Function<List<Tensor>, List<Tensor>> complete(
      String name, Function<List<Tensor>, List<Tensor>> function) {
    return inputs -> {
      List<Tensor> outputs = given(name, "the result of the function", function.apply(inputs));
      return each(name, "an output of the function", outputs);
    };
  }

  // ---- the check

  private void checkInputs(String name) {
    if (wanted.isEmpty()) {
      throw new IllegalArgumentException(name + ": no input requires gradients");
    }
    for (Tensor input : wanted) {
      if (input.dtype() != DType.FLOAT64) {
        throw new IllegalArgumentException(
            name
                + ": an input "
                + Tensor.describe(input)
                + " requires gradients; differences need float64");
      }
      if (input.layout().mayOverlap()) {
        throw new IllegalArgumentException(
            name
                + ": elements of an input "
                + Tensor.describe(input)
                + " share memory, as after expand; clone() it first");
      }
    }
  }

  private void check() {
    List<List<Tensor>> numerical = wanted.stream().map(this::differences).toList();
    List<Tensor> outputs = outputs();
    checkConstants(numerical);
    for (int o = 0; o < outputs.size(); o++) {
      List<Tensor> analytical = jacobians(outputs.get(o));
      for (int i = 0; i < wanted.size(); i++) {
        compare(o, i, numerical.get(i).get(o), analytical.get(i));
      }
      checkLayouts(o, outputs.get(o));
      checkZero(o, outputs.get(o));
    }
  }

  private List<Tensor> outputs() {
    List<Tensor> outputs = differentiable(function.apply(inputs));
    return outputs.isEmpty() ? outputs : same(outputs);
  }

  private static List<Tensor> differentiable(List<Tensor> outputs) {
    return outputs.stream().filter(Tensor::requiresGrad).toList();
  }

  /** Outputs that do not depend on the inputs, as the tape has it, must not depend on them. */
  private void checkConstants(List<List<Tensor>> numerical) {
    if (!outputs().isEmpty()) {
      return;
    }
    for (int i = 0; i < wanted.size(); i++) {
      for (Tensor jacobian : numerical.get(i)) {
        if (!jacobian.allclose(jacobian.zerosLike(), 0, settings.atol)) {
          throw new GradientMismatchException(
              "gradcheck: no output requires gradients, but one depends on input "
                  + i
                  + "; its Jacobian is\n"
                  + jacobian);
        }
      }
    }
  }

  private void compare(int output, int input, Tensor numerical, Tensor analytical) {
    if (!analytical.allclose(numerical, settings.rtol, settings.atol)) {
      throw new GradientMismatchException(
          "gradcheck: the Jacobian (inputs x outputs) of output "
              + output
              + " with respect to input "
              + input
              + " is wrong\nnumerical: "
              + numerical
              + "\nanalytical: "
              + analytical);
    }
  }

  // ---- numerical

  /**
   * The Jacobians (elements of the input, elements of the output) of the outputs with respect to
   * one input.
   */
  private List<Tensor> differences(Tensor input) {
    List<List<Tensor>> rows = new ArrayList<>();
    Tensor data = input.detach();
    for (long i = 0; i < input.numel(); i++) {
      Tensor element = element(data, i);
      double value = element.item();
      List<Tensor> above = shifted(element, value + settings.eps);
      List<Tensor> below = shifted(element, value - settings.eps);
      element.fill_(value);
      List<Tensor> row = new ArrayList<>();
      for (int o = 0; o < above.size(); o++) {
        row.add(above.get(o).sub(below.get(o)).div(2 * settings.eps));
      }
      rows.add(row);
    }
    if (rows.isEmpty()) {
      return results().stream().map(output -> output.newZeros(0, output.numel())).toList();
    }
    List<Tensor> jacobians = new ArrayList<>();
    for (int o = 0; o < rows.getFirst().size(); o++) {
      int slot = o;
      jacobians.add(Joining.stack(rows.stream().map(row -> row.get(slot)).toList(), 0));
    }
    return jacobians;
  }

  private List<Tensor> shifted(Tensor element, double value) {
    element.fill_(value);
    return results();
  }

  /** The elements of the differentiable outputs; of all outputs if none is. */
  private List<Tensor> results() {
    List<Tensor> all = function.apply(inputs);
    List<Tensor> chosen = differentiable(all);
    List<Tensor> floating = all.stream().filter(output -> output.dtype() == DType.FLOAT64).toList();
    return same(chosen.isEmpty() ? floating : chosen).stream()
        .map(output -> Copying.copy(output.detach()).flatten())
        .toList();
  }

  /** Checks that the function gives results of the same shapes whenever it is called. */
  private List<Tensor> same(List<Tensor> outputs) {
    List<Shape> now = outputs.stream().map(Tensor::shape).toList();
    List<Shape> first = shapes;
    if (first == null) {
      shapes = now;
    } else if (!first.equals(now)) {
      throw new IllegalArgumentException(
          "gradcheck: the function gave results " + first + " and then " + now);
    }
    return outputs;
  }

  /** The element at a row-major position, as a 0-d view. */
  private static Tensor element(Tensor data, long position) {
    Tensor part = data;
    long rest = position;
    long below = data.numel();
    while (part.dim() > 0) {
      below /= part.size(0);
      part = part.select(0, rest / below);
      rest %= below;
    }
    return part;
  }

  // ---- analytical

  /** The Jacobians of one output with respect to each input. */
  private List<Tensor> jacobians(Tensor output) {
    List<List<Tensor>> columns = new ArrayList<>();
    for (long i = 0; i < output.numel(); i++) {
      Tensor unit = Creation.full(output.device(), output.shape(), 0, output.dtype());
      element(unit, i).fill_(1);
      columns.add(pulledBack(output, unit));
    }
    List<Tensor> jacobians = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      int slot = i;
      Tensor input = wanted.get(i);
      jacobians.add(
          columns.isEmpty()
              ? input.newZeros(input.numel(), 0)
              : Joining.stack(
                  columns.stream().map(column -> column.get(slot).detach().flatten()).toList(), 1));
    }
    return jacobians;
  }

  private List<Tensor> pulledBack(Tensor output, Tensor gradient) {
    return gradients(List.of(output), wanted, List.of(gradient), Option.RETAIN_GRAPH);
  }

  /** The gradients, zeros where an output does not depend on an input. */
  private static List<Tensor> gradients(
      List<Tensor> outputs, List<Tensor> targets, List<Tensor> gradOutputs, Option option) {
    List<@Nullable Tensor> found =
        outputs.isEmpty()
            ? Collections.nCopies(targets.size(), null)
            : Autograd.gradOrNull(outputs, targets, gradOutputs, option);
    List<Tensor> results = new ArrayList<>();
    for (int i = 0; i < targets.size(); i++) {
      Tensor gradient = found.get(i);
      Tensor target = targets.get(i);
      if (gradient == null) {
        results.add(target.zerosLike());
      } else if (gradient.shape().equals(target.shape()) && gradient.dtype() == target.dtype()) {
        results.add(gradient);
      } else {
        throw new GradientMismatchException(
            "gradcheck: a gradient "
                + Tensor.describe(gradient)
                + " for an input "
                + Tensor.describe(target));
      }
    }
    return results;
  }

  // ---- what a rule must not depend on

  private void checkLayouts(int slot, Tensor output) {
    Tensor gradient =
        new Generator(output.device(), SEED).randn(output.dtype(), output.shape().toArray());
    List<Tensor> expected = pulledBack(output, gradient);
    checkSame(slot, "lies in memory with gaps", expected, pulledBack(output, spread(gradient)));
    Tensor ones = Creation.full(output.device(), output.shape(), 1, output.dtype());
    Tensor expanded =
        ViewOps.expand(
            Creation.full(output.device(), Shape.scalar(), 1, output.dtype()), output.shape());
    checkSame(slot, "is expanded", pulledBack(output, ones), pulledBack(output, expanded));
  }

  /** The same elements in reverse order of dimensions, and apart. */
  static Tensor spread(Tensor gradient) {
    Shape shape = gradient.shape();
    long[] sizes = new long[shape.dim() + 1];
    int[] order = new int[shape.dim()];
    for (int i = 0; i < shape.dim(); i++) {
      order[i] = shape.dim() - 1 - i;
      sizes[i] = shape.size(order[i]);
    }
    sizes[shape.dim()] = 2;
    Tensor room = Creation.full(gradient.device(), Shape.of(sizes), Double.NaN, gradient.dtype());
    Tensor place = room.select(-1, 0).permute(order);
    return place.copy_(gradient);
  }

  private void checkSame(int slot, String how, List<Tensor> expected, List<Tensor> found) {
    for (int i = 0; i < wanted.size(); i++) {
      if (!found.get(i).allclose(expected.get(i), settings.rtol, settings.atol)) {
        throw new GradientMismatchException(
            "gradcheck: the gradient of input "
                + i
                + " is another one when the gradient of output "
                + slot
                + " "
                + how
                + "\nexpected: "
                + expected.get(i)
                + "\nfound: "
                + found.get(i));
      }
    }
  }

  private void checkZero(int slot, Tensor output) {
    List<Tensor> found =
        pulledBack(output, Creation.full(output.device(), output.shape(), 0, output.dtype()));
    for (int i = 0; i < wanted.size(); i++) {
      if (found.get(i).ne(0).any().item() != 0) {
        throw new GradientMismatchException(
            "gradcheck: the gradient of input "
                + i
                + " is not zero when that of output "
                + slot
                + " is; it does not multiply by it\nfound: "
                + found.get(i));
      }
    }
  }
}
