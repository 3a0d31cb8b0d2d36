package dev.chagres.tensor;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.autograd.Backward.Option;
import dev.chagres.autograd.Edge;
import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.autograd.Segment;
import dev.chagres.core.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One derivative of a function at some inputs: what {@link FunctionalAutograd} asks for. */
final class Derivatives {
  private final String name;
  private final Set<DerivativeOption> options;
  private final List<Tensor> inputs;
  private final List<Tensor> outputs;

  private Derivatives(
      String name,
      Set<DerivativeOption> options,
      Function<List<Tensor>, List<Tensor>> function,
      List<? extends Tensor> given) {
    this.name = name;
    this.options = options;
    this.inputs = prepared(given);
    List<Tensor> results = given(name, "the result of the function", function.apply(inputs));
    this.outputs = List.copyOf(each(name, "an output of the function", results));
  }

  static Set<DerivativeOption> options(String name, DerivativeOption... options) {
    Set<DerivativeOption> chosen = EnumSet.noneOf(DerivativeOption.class);
    chosen.addAll(each(name, "an option", Arrays.asList(given(name, "options", options))));
    return chosen;
  }

  static Function<List<Tensor>, List<Tensor>> listed(UnaryOperator<Tensor> function) {
    return inputs -> Collections.singletonList(function.apply(inputs.getFirst()));
  }

  /** The same tensor for the tape: gradients end at it, or pass through it to the one given. */
  static Tensor alias(Tensor x) {
    Edge<Tensor> edge = x.edge();
    Tensor alias = new Tensor(x.data());
    if (edge != null) {
      alias.setHistory(Operation.of("AliasBackward", new Operation.Input<>(edge, g -> g)));
    }
    return alias;
  }

  /** Inputs that gradients are taken of, and flow through if the result is to be recorded. */
  private List<Tensor> prepared(List<? extends Tensor> given) {
    List<Tensor> fresh = new ArrayList<>();
    for (Tensor input : given) {
      checkFloating(name, fresh.size(), input);
      boolean through = creates() && input.requiresGrad();
      fresh.add(through ? alias(input) : input.detach().requiresGrad_());
    }
    return fresh;
  }

  private boolean creates() {
    return options.contains(DerivativeOption.CREATE_GRAPH);
  }

  private boolean isStrict() {
    return options.contains(DerivativeOption.STRICT);
  }

  private static Option[] pass(boolean create) {
    return create ? new Option[] {Option.CREATE_GRAPH} : new Option[] {Option.RETAIN_GRAPH};
  }

  // ---- the derivatives

  /**
   * The gradients of a function's 0-d result at some of its inputs, as parts of what is recorded.
   */
  static List<Tensor> gradient(
      Function<List<Tensor>, Tensor> function, List<Tensor> inputs, int... positions) {
    boolean recorded = GradMode.isEnabled();
    try (var _ = GradMode.enable()) {
      List<Tensor> points = new ArrayList<>(inputs);
      List<Tensor> wanted = new ArrayList<>();
      List<Edge<Tensor>> own = new ArrayList<>();
      Segment segment = Segment.begin();
      int[] all = positions.length > 0 ? positions : IntStream.range(0, inputs.size()).toArray();
      for (int position : all) {
        int at = position(position, inputs, points);
        Tensor input = inputs.get(at);
        boolean through = recorded && input.requiresGrad();
        Tensor point = through ? alias(input) : input.detach().requiresGrad_();
        if (!through) {
          own.add(Objects.requireNonNull(point.edge(), "required just now"));
        }
        points.set(at, point);
        wanted.add(point);
      }
      Tensor y = given("grad", "the result of the function", function.apply(points));
      if (y.dim() != 0) {
        throw new IllegalArgumentException(
            "grad: the function returns "
                + Tensor.describe(y)
                + "; what has a gradient is a 0-d tensor, such as sum() makes");
      }
      Edge<Tensor> end = y.edge();
      if (end == null) {
        return wanted.stream().map(Tensor::zerosLike).toList();
      }
      boolean create = recorded && !own.containsAll(segment.exits(List.of(end)));
      List<@Nullable Tensor> found = Autograd.gradOrNull(List.of(y), wanted, null, pass(create));
      List<Tensor> gradients = new ArrayList<>();
      for (int i = 0; i < wanted.size(); i++) {
        Tensor gradient = found.get(i);
        gradients.add(gradient == null ? wanted.get(i).zerosLike() : gradient);
      }
      return gradients;
    }
  }

  /** The place of a floating input that is not among those taken. */
  @SuppressWarnings("ReferenceEquality") // one that was replaced
  private static int position(int position, List<Tensor> inputs, List<Tensor> points) {
    int at = position < 0 ? position + inputs.size() : position;
    if (at < 0 || at >= inputs.size()) {
      throw new IndexOutOfBoundsException(
          "grad: there is no input " + position + " of " + inputs.size());
    }
    if (points.get(at) != inputs.get(at)) {
      throw new IllegalArgumentException("grad: input " + position + " is asked for twice");
    }
    checkFloating("grad", at, inputs.get(at));
    return at;
  }

  private static void checkFloating(String name, int at, Tensor input) {
    if (!input.dtype().isFloating()) {
      throw new IllegalArgumentException(
          name
              + ": input "
              + at
              + " is "
              + Tensor.describe(input)
              + "; only floating tensors have derivatives");
    }
  }

  static Product<List<Tensor>, List<Tensor>> vjp(
      Function<List<Tensor>, List<Tensor>> function,
      List<? extends Tensor> inputs,
      @Nullable List<? extends Tensor> v,
      Set<DerivativeOption> options) {
    try (var _ = GradMode.enable()) {
      Derivatives call = new Derivatives("vjp", options, function, inputs);
      call.checkOutputs();
      List<Tensor> cotangents =
          call.vector(v, call.outputs, "the function returns one tensor with one element");
      List<@Nullable Tensor> pulled =
          call.pulled(call.outputs, call.inputs, cotangents, call.creates());
      return new Product<>(
          call.finished(call.outputs), call.completed(pulled, call.inputs, "the vjp"));
    }
  }

  static Product<List<Tensor>, List<Tensor>> jvp(
      Function<List<Tensor>, List<Tensor>> function,
      List<? extends Tensor> inputs,
      @Nullable List<? extends Tensor> v,
      Set<DerivativeOption> options) {
    try (var _ = GradMode.enable()) {
      Derivatives call = new Derivatives("jvp", options, function, inputs);
      call.checkOutputs();
      List<Tensor> tangents =
          call.vector(v, call.inputs, "the input is one tensor with one element");
      List<@Nullable Tensor> pushed = call.pushed().along(tangents, call.creates());
      return new Product<>(
          call.finished(call.outputs), call.completed(pushed, call.outputs, "the jvp"));
    }
  }

  /** The Jacobians of each output with respect to each input. */
  static List<List<Tensor>> jacobian(
      Function<List<Tensor>, List<Tensor>> function,
      List<? extends Tensor> inputs,
      Set<DerivativeOption> options) {
    return jacobian("jacobian", function, inputs, options);
  }

  private static List<List<Tensor>> jacobian(
      String name,
      Function<List<Tensor>, List<Tensor>> function,
      List<? extends Tensor> inputs,
      Set<DerivativeOption> options) {
    if (options.containsAll(Set.of(DerivativeOption.FORWARD, DerivativeOption.STRICT))) {
      throw new IllegalArgumentException(
          name + ": STRICT is not known column by column; leave out FORWARD");
    }
    try (var _ = GradMode.enable()) {
      Derivatives call = new Derivatives(name, options, function, inputs);
      call.checkOutputs();
      call.outputs.forEach(y -> call.inputs.forEach(x -> call.form(y, x)));
      return options.contains(DerivativeOption.FORWARD) ? call.byColumns() : call.byRows();
    }
  }

  static List<List<Tensor>> hessian(
      Function<List<Tensor>, Tensor> function,
      List<? extends Tensor> inputs,
      Set<DerivativeOption> options) {
    Function<List<Tensor>, List<Tensor>> gradient =
        points -> {
          Tensor y = single("hessian", function.apply(points), options);
          return gradient("hessian", y, points, options);
        };
    return jacobian("hessian", gradient, inputs, options);
  }

  static Product<Tensor, List<Tensor>> vhp(
      Function<List<Tensor>, Tensor> function,
      List<? extends Tensor> inputs,
      @Nullable List<? extends Tensor> v,
      Set<DerivativeOption> options) {
    try (var _ = GradMode.enable()) {
      Derivatives call = scalar("vhp", options, function, inputs);
      List<Tensor> vector = call.vector(v, call.inputs, "the input is one tensor with one element");
      List<Tensor> gradient = gradient("vhp", call.outputs.getFirst(), call.inputs, options);
      List<@Nullable Tensor> product = call.pulled(gradient, call.inputs, vector, call.creates());
      return new Product<>(
          call.finished(call.outputs).getFirst(),
          call.completed(product, call.inputs, "the Hessian"));
    }
  }

  static Product<Tensor, List<Tensor>> hvp(
      Function<List<Tensor>, Tensor> function,
      List<? extends Tensor> inputs,
      @Nullable List<? extends Tensor> v,
      Set<DerivativeOption> options) {
    try (var _ = GradMode.enable()) {
      Derivatives call = scalar("hvp", options, function, inputs);
      List<Tensor> vector = call.vector(v, call.inputs, "the input is one tensor with one element");
      List<Tensor> gradient = gradient("hvp", call.outputs.getFirst(), call.inputs, options);
      List<@Nullable Tensor> product =
          new Pushed(gradient, call.inputs).along(vector, call.creates());
      return new Product<>(
          call.finished(call.outputs).getFirst(),
          call.completed(product, call.inputs, "the Hessian"));
    }
  }

  private static Derivatives scalar(
      String name,
      Set<DerivativeOption> options,
      Function<List<Tensor>, Tensor> function,
      List<? extends Tensor> inputs) {
    return new Derivatives(
        name, options, points -> List.of(single(name, function.apply(points), options)), inputs);
  }

  private static Tensor single(
      String name, @Nullable Tensor result, Set<DerivativeOption> options) {
    Tensor y = given(name, "the result of the function", result);
    if (y.numel() != 1) {
      throw new IllegalArgumentException(
          name + ": the function returned shape " + y.shape() + ", where one element is needed");
    }
    if (!y.requiresGrad() && options.contains(DerivativeOption.STRICT)) {
      throw new IllegalStateException(name + ": the output does not depend on the inputs");
    }
    return y;
  }

  /** The recorded gradient of one element, zeros where there is none. */
  private static List<Tensor> gradient(
      String name, Tensor y, List<Tensor> inputs, Set<DerivativeOption> options) {
    List<@Nullable Tensor> found =
        y.requiresGrad()
            ? Autograd.gradOrNull(
                List.of(y), inputs, List.of(y.detach().onesLike()), Option.CREATE_GRAPH)
            : Collections.nCopies(inputs.size(), null);
    List<Tensor> gradient = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      Tensor part = found.get(i);
      if ((part == null || !part.requiresGrad()) && options.contains(DerivativeOption.STRICT)) {
        throw new IllegalStateException(
            name + ": the gradient of input " + i + " does not depend on the inputs");
      }
      gradient.add(part == null ? inputs.get(i).detach().zerosLike() : part);
    }
    return gradient;
  }

  // ---- Jacobians

  private List<List<Tensor>> byRows() {
    List<List<Tensor>> blocks = new ArrayList<>();
    for (int o = 0; o < outputs.size(); o++) {
      Tensor output = outputs.get(o);
      List<List<Tensor>> rows = new ArrayList<>();
      for (long i = 0; i < output.numel(); i++) {
        List<@Nullable Tensor> row =
            pulled(List.of(output), inputs, List.of(unit(output, i)), creates());
        checkDependence(o, row);
        rows.add(completed(row, inputs, "the Jacobian"));
      }
      blocks.add(joined(rows, 0, output, inputs));
    }
    return blocks;
  }

  private List<List<Tensor>> byColumns() {
    Pushed pushed = pushed();
    List<List<Tensor>> ofInputs = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      List<List<Tensor>> columns = new ArrayList<>();
      for (long e = 0; e < inputs.get(i).numel(); e++) {
        List<Tensor> tangents = new ArrayList<>();
        for (int other = 0; other < inputs.size(); other++) {
          Tensor input = inputs.get(other);
          tangents.add(other == i ? unit(input, e) : input.detach().zerosLike());
        }
        columns.add(completed(pushed.along(tangents, creates()), outputs, "the Jacobian"));
      }
      ofInputs.add(joined(columns, -1, inputs.get(i), outputs));
    }
    List<List<Tensor>> blocks = new ArrayList<>();
    for (int o = 0; o < outputs.size(); o++) {
      int slot = o;
      blocks.add(ofInputs.stream().map(column -> column.get(slot)).toList());
    }
    return blocks;
  }

  private static Tensor unit(Tensor like, long element) {
    Tensor flat = Creation.full(like.device(), Shape.of(like.numel()), 0, like.dtype());
    flat.select(0, element).fill_(1);
    return ViewOps.reshape(flat, like.shape());
  }

  /**
   * What was computed for each element of {@code along}, put together: its shape in front of that
   * of each of {@code parts}, or behind.
   */
  private List<Tensor> joined(
      List<List<Tensor>> computed, int dim, Tensor along, List<Tensor> parts) {
    List<Tensor> results = new ArrayList<>();
    for (int p = 0; p < parts.size(); p++) {
      int slot = p;
      Tensor part = parts.get(p);
      Shape shape = dim == 0 ? form(along, part) : form(part, along);
      results.add(
          computed.isEmpty()
              ? Creation.full(part.device(), shape, 0, part.dtype())
              : ViewOps.reshape(
                  Joining.stack(computed.stream().map(c -> c.get(slot)).toList(), dim), shape));
    }
    return results;
  }

  private Shape form(Tensor output, Tensor input) {
    long[] sizes = Arrays.copyOf(output.shape().toArray(), output.dim() + input.dim());
    System.arraycopy(input.shape().toArray(), 0, sizes, output.dim(), input.dim());
    return Creation.shape(name, sizes);
  }

  private void checkDependence(int output, List<@Nullable Tensor> row) {
    if (!isStrict()) {
      return;
    }
    for (int i = 0; i < row.size(); i++) {
      Tensor part = row.get(i);
      if (part == null) {
        throw new IllegalStateException(
            name + ": output " + output + " does not depend on input " + i);
      }
    }
  }

  // ---- passes

  /** The gradients of the inputs; null where the outputs do not depend on one. */
  private List<@Nullable Tensor> pulled(
      List<Tensor> from, List<Tensor> to, List<Tensor> cotangents, boolean create) {
    List<Tensor> recorded = new ArrayList<>();
    List<Tensor> vectors = new ArrayList<>();
    for (int i = 0; i < from.size(); i++) {
      if (from.get(i).requiresGrad()) {
        recorded.add(from.get(i));
        vectors.add(cotangents.get(i));
      }
    }
    return recorded.isEmpty()
        ? Collections.nCopies(to.size(), null)
        : Autograd.gradOrNull(recorded, to, vectors, pass(create));
  }

  private Pushed pushed() {
    return new Pushed(outputs, inputs);
  }

  /**
   * The gradient {@code u J} as a recorded function of {@code u}, in which it is linear: its own
   * gradient with respect to u, along v, is {@code J v}.
   */
  private static final class Pushed {
    private final List<Tensor> outputs;
    private final List<@Nullable Tensor> dummies = new ArrayList<>();
    private final List<@Nullable Tensor> gradients;

    Pushed(List<Tensor> outputs, List<Tensor> inputs) {
      this.outputs = outputs;
      for (Tensor output : outputs) {
        dummies.add(output.requiresGrad() ? output.detach().zerosLike().requiresGrad_() : null);
      }
      List<Tensor> recorded = outputs.stream().filter(Tensor::requiresGrad).toList();
      this.gradients =
          recorded.isEmpty()
              ? Collections.nCopies(inputs.size(), null)
              : Autograd.gradOrNull(recorded, inputs, wanted(), Option.CREATE_GRAPH);
    }

    private List<Tensor> wanted() {
      return dummies.stream().filter(Objects::nonNull).map(Objects::requireNonNull).toList();
    }

    /** For each output its change along v; null if it does not depend on the inputs. */
    List<@Nullable Tensor> along(List<Tensor> v, boolean create) {
      List<Tensor> recorded = new ArrayList<>();
      List<Tensor> vectors = new ArrayList<>();
      for (int i = 0; i < gradients.size(); i++) {
        Tensor gradient = gradients.get(i);
        if (gradient != null && gradient.requiresGrad()) {
          recorded.add(gradient);
          vectors.add(v.get(i));
        }
      }
      List<@Nullable Tensor> found =
          recorded.isEmpty()
              ? List.of()
              : Autograd.gradOrNull(recorded, wanted(), vectors, pass(create));
      List<@Nullable Tensor> results = new ArrayList<>();
      int next = 0;
      for (int o = 0; o < outputs.size(); o++) {
        boolean has = dummies.get(o) != null && !found.isEmpty();
        results.add(has ? found.get(next++) : null);
      }
      return results;
    }
  }

  // ---- checks

  private void checkOutputs() {
    for (int i = 0; i < outputs.size(); i++) {
      if (isStrict() && !outputs.get(i).requiresGrad()) {
        throw new IllegalStateException(name + ": output " + i + " does not depend on the inputs");
      }
    }
  }

  /** The vector that is multiplied with: ones if there is none, and nothing else is possible. */
  private List<Tensor> vector(
      @Nullable List<? extends Tensor> v, List<Tensor> like, String unless) {
    if (v == null) {
      if (like.size() != 1 || like.getFirst().numel() != 1) {
        throw new IllegalArgumentException(name + ": a vector v is needed, unless " + unless);
      }
      return List.of(like.getFirst().detach().onesLike());
    }
    if (v.size() != like.size()) {
      throw new IllegalArgumentException(
          name + ": v has " + v.size() + " tensors, where " + like.size() + " are needed");
    }
    List<Tensor> vectors = new ArrayList<>();
    for (int i = 0; i < v.size(); i++) {
      Tensor vector = v.get(i);
      Tensor form = like.get(i);
      if (!vector.shape().equals(form.shape())) {
        throw new IllegalArgumentException(
            name + ": v " + i + " has shape " + vector.shape() + ", not " + form.shape());
      }
      vectors.add(Copying.cast(vector, form.dtype()));
    }
    return vectors;
  }

  /** Zeros for what is missing; an error for what the options forbid. */
  private List<Tensor> completed(List<@Nullable Tensor> found, List<Tensor> like, String what) {
    List<Tensor> results = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      Tensor result = found.get(i);
      if (isStrict() && result == null) {
        throw new IllegalStateException(name + ": " + what + " of tensor " + i + " is zero");
      }
      if (isStrict() && creates() && result != null && !result.requiresGrad()) {
        throw new IllegalStateException(
            name + ": " + what + " of tensor " + i + " does not depend on the inputs");
      }
      results.add(result == null ? like.get(i).detach().zerosLike() : result);
    }
    return finished(results);
  }

  private List<Tensor> finished(List<Tensor> results) {
    return creates() ? results : results.stream().map(Tensor::detach).toList();
  }
}
