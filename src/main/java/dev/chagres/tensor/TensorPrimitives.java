package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.autograd.GradMode;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.OptimizerKernels;
import dev.chagres.backend.Strided;
import dev.chagres.backend.UnaryOp;
import dev.chagres.backend.cuda.Capture;
import dev.chagres.core.Activation;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.core.Shape;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.AttentionForm;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.primitive.BatchNormForm;
import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.primitive.ElementStep;
import dev.chagres.primitive.Factorizations;
import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.RecurrentForm;
import dev.chagres.primitive.SgdStep;
import dev.chagres.primitive.Sliding;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The operations that only networks and optimizers use, on tensors. */
final class TensorPrimitives implements Primitives<Tensor> {
  /** How many bytes of copies a step of an optimizer has at once, but for its last parameter's. */
  private static final long MOST_COPIED = 64L << 20;

  static final Primitives<Tensor> INSTANCE = new TensorPrimitives();

  private TensorPrimitives() {}

  @Override
  public Factorizations<Tensor> factorizations() {
    return TensorFactorizations.INSTANCE;
  }

  // ---- linear

  @Override
  public Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
    given("linear", "x", x);
    given("linear", "weight", weight);
    return linear(
        "linear",
        Autocast.cast(AutocastFunction.LINEAR, x),
        Autocast.cast(AutocastFunction.LINEAR, weight),
        Autocast.castIfAny(AutocastFunction.LINEAR, bias));
  }

  private static Tensor linear(String name, Tensor x, Tensor weight, @Nullable Tensor bias) {
    checkWeight(name, weight, x.shape());
    if (bias == null) {
      return x.matmul(weight.t());
    }
    if (x.dim() == 2) {
      return Matrices.linear(name, x, weight, bias);
    }
    return ViewOps.reshape(
        Matrices.linear(name, rows(x), weight, bias), results(x.shape(), weight.size(0)));
  }

  private static void checkWeight(String name, Tensor weight, Shape x) {
    if (weight.dim() != 2) {
      throw new IllegalArgumentException(name + ": a weight is (out, in), not " + weight.shape());
    }
    if (x.dim() == 0 || x.size(-1) != weight.size(1)) {
      throw new IllegalArgumentException(
          name
              + ": a weight "
              + weight.shape()
              + " needs inputs (..., "
              + weight.size(1)
              + "), not "
              + x);
    }
  }

  /** Inputs (…, in) as a matrix. */
  private static Tensor rows(Tensor x) {
    return ViewOps.reshape(x, Shape.of(x.shape().slice(0, x.dim() - 1).numel(), x.size(-1)));
  }

  private static Shape results(Shape x, long out) {
    return x.slice(0, x.dim() - 1).concat(Shape.of(out));
  }

  @Override
  public Tensor feedForward(
      Tensor x, Affine<Tensor> first, Activation activation, Affine<Tensor> second) {
    String name = FeedForwards.NAME;
    given(name, "first.weight", given(name, "first", first).weight());
    given(name, "second.weight", given(name, "second", second).weight());
    given(name, "activation", activation);
    return feedForwardAsGiven(
        Autocast.cast(AutocastFunction.LINEAR, given(name, "x", x)),
        cast(first),
        activation,
        cast(second));
  }

  private static Affine<Tensor> cast(Affine<Tensor> layer) {
    return new Affine<>(
        Autocast.cast(AutocastFunction.LINEAR, layer.weight()),
        Autocast.castIfAny(AutocastFunction.LINEAR, layer.bias()));
  }

  private static Tensor feedForwardAsGiven(
      Tensor x, Affine<Tensor> first, Activation activation, Affine<Tensor> second) {
    String name = FeedForwards.NAME;
    checkWeight(name, first.weight(), x.shape());
    Shape hidden = results(x.shape(), first.weight().size(0));
    checkWeight(name, second.weight(), hidden);
    if (FeedForwards.isOne(x, first) && FeedForwards.isOne(x, second)) {
      Tensor y = FeedForwards.feedForward(rows(x), first, activation, second);
      return ViewOps.reshape(y, results(hidden, second.weight().size(0)));
    }
    Tensor before = linear(name, x, first.weight(), first.bias());
    Tensor after = FeedForwards.activated(activation, before);
    return linear(name, after, second.weight(), second.bias());
  }

  @Override
  public Tensor autocast(AutocastFunction function, Tensor x) {
    return Autocast.cast(given("autocast", "function", function), given("autocast", "x", x));
  }

  @Override
  public boolean autocasts(AutocastFunction function, Tensor x) {
    return Autocast.applies(given("autocasts", "function", function), given("autocasts", "x", x));
  }

  @Override
  public <R> R autocast(
      AutocastFunction function, List<Tensor> operands, Function<List<Tensor>, R> body) {
    return Autocast.call(
        given("autocast", "function", function),
        given("autocast", "operands", operands),
        given("autocast", "body", body));
  }

  @Override
  public Tensor named(String name, Tensor y, Tensor x) {
    return Gradients.named(
        given("named", "name", name), given("named", "y", y), given("named", "x", x));
  }

  // ---- activations

  @Override
  public Tensor gelu(Tensor x) {
    return Elementwise.unary(UnaryOp.GELU, floating("gelu", x));
  }

  @Override
  public Tensor geluTanh(Tensor x) {
    return Elementwise.unary(UnaryOp.GELU_TANH, floating("geluTanh", x));
  }

  @Override
  public Tensor squaredDifference(Tensor x, Tensor y) {
    return Elementwise.binary(
        BinaryOp.SQUARED_DIFFERENCE,
        floating("squaredDifference", x),
        floating("squaredDifference", y));
  }

  @Override
  public Tensor softplus(Tensor x) {
    return Elementwise.unary(UnaryOp.SOFTPLUS, floating("softplus", x));
  }

  @Override
  public Tensor silu(Tensor x) {
    return Elementwise.unary(UnaryOp.SILU, floating("silu", x));
  }

  private static Tensor floating(String name, Tensor x) {
    if (!given(name, "x", x).dtype().isFloating()) {
      throw new IllegalArgumentException(name + ": not defined for " + x.dtype());
    }
    return x;
  }

  @Override
  public Tensor layerNorm(
      Tensor x, int dims, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    return Normalizing.layerNorm(given("layerNorm", "x", x), dims, weight, bias, eps);
  }

  @Override
  public Tensor batchNorm(Tensor x, ByChannel<Tensor> channels, BatchNormForm form) {
    return BatchNormalizing.batchNorm(
        given("batchNorm", "x", x),
        given("batchNorm", "channels", channels),
        given("batchNorm", "form", form));
  }

  @Override
  public Tensor crossEntropy(
      Tensor x, Tensor target, @Nullable Tensor weight, CrossEntropyForm form) {
    return CrossEntropies.crossEntropy(
        given("crossEntropy", "x", x),
        given("crossEntropy", "target", target),
        weight,
        given("crossEntropy", "form", form));
  }

  // ---- sequences

  @Override
  public Tensor embedding(Tensor weight, Tensor positions, long padding, Frequency frequency) {
    return Embeddings.embedding(
        given("embedding", "weight", weight),
        given("embedding", "positions", positions),
        padding,
        given("embedding", "frequency", frequency));
  }

  @Override
  public Tensor attention(
      Tensor query, Tensor key, Tensor value, @Nullable Tensor mask, AttentionForm form) {
    return Attentions.attention(
        given("attention", "query", query),
        given("attention", "key", key),
        given("attention", "value", value),
        mask,
        given("attention", "form", form));
  }

  @Override
  public Recurrence<Tensor> recurrent(
      Tensor x,
      RecurrentState<Tensor> state,
      RecurrentWeights<Tensor> weights,
      RecurrentForm form) {
    return Recurrences.recurrent(
        given("recurrent", "x", x),
        given("recurrent", "state", state),
        given("recurrent", "weights", weights),
        given("recurrent", "form", form));
  }

  // ---- convolution and pooling

  @Override
  public Tensor convTranspose2d(
      Tensor x, Tensor weight, Sliding sliding, Pair outputPadding, int groups) {
    return Convolution.convTranspose2d(
        Autocast.cast(AutocastFunction.CONV2D, given("convTranspose2d", "x", x)),
        Autocast.cast(AutocastFunction.CONV2D, given("convTranspose2d", "weight", weight)),
        given("convTranspose2d", "sliding", sliding),
        given("convTranspose2d", "outputPadding", outputPadding),
        groups);
  }

  @Override
  public Tensor conv2d(
      Tensor x, Tensor weight, @Nullable Tensor bias, Sliding sliding, int groups) {
    return Convolution.conv2d(
        Autocast.cast(AutocastFunction.CONV2D, given("conv2d", "x", x)),
        Autocast.cast(AutocastFunction.CONV2D, given("conv2d", "weight", weight)),
        Autocast.castIfAny(AutocastFunction.CONV2D, bias),
        given("conv2d", "sliding", sliding),
        groups);
  }

  @Override
  public Maxima<Tensor> maxPool2d(Tensor x, Pair kernel, Sliding sliding, Rounding rounding) {
    Located found =
        Convolution.maxPool2d(
            given("maxPool2d", "x", x),
            given("maxPool2d", "kernel", kernel),
            given("maxPool2d", "sliding", sliding),
            given("maxPool2d", "rounding", rounding));
    return new Maxima<>(found.values(), found.indices());
  }

  // ---- loading

  @Override
  public Tensor copyable(String what, Tensor target, Tensor source) {
    checkOpen(what, given("copyable", "target", target));
    checkOpen(what, given("copyable", "source", source));
    Writing.check(what, target, source.shape(), target.dtype());
    return Writing.clashes(target, source) ? Copying.copy(source.detach()) : source.detach();
  }

  private static void checkOpen(String what, Tensor x) {
    try {
      Reference.reachabilityFence(RawMemory.of(x.storage()));
    } catch (IllegalStateException e) {
      throw new IllegalStateException(what + ": " + e.getMessage(), e);
    } catch (WrongThreadException e) {
      throw new WrongThreadException(what + ": " + e.getMessage());
    }
  }

  // ---- optimizer steps

  @Override
  public void bind(Tensor parameter, Tensor value) {
    given("bind", "value", value);
    if (!(given("bind", "parameter", parameter) instanceof Parameter bound)) {
      throw new IllegalArgumentException("bind: only a parameter stands for another value");
    }
    if (!bound.shape().equals(value.shape()) || bound.dtype() != value.dtype()) {
      throw new IllegalArgumentException(
          "bind: " + Tensor.describe(value) + " for a parameter " + Tensor.describe(parameter));
    }
    bound.bind(value);
  }

  @Override
  public Standing standIn(IdentityHashMap<Tensor, Tensor> values) {
    List<Tensor.Standing> all = new ArrayList<>();
    given("standIn", "values", values)
        .forEach((tensor, value) -> all.add(new Tensor.Standing(tensor, value)));
    all.forEach(Tensor.Standing::begin);
    return () -> all.reversed().forEach(Tensor.Standing::end);
  }

  @Override
  public @Nullable Tensor borrowGradient(Tensor parameter) {
    return given("borrowGradient", "parameter", parameter).borrowGrad();
  }

  @Override
  public void returnGradient(Tensor parameter, Tensor gradient) {
    given("returnGradient", "parameter", parameter)
        .returnGrad(given("returnGradient", "gradient", gradient));
  }

  @Override
  public boolean beforeReplays(Tensor operand, Runnable action) {
    Device device = given("beforeReplays", "operand", operand).device();
    return Capture.beforeReplays(device, given("beforeReplays", "action", action));
  }

  @Override
  public <R> R outsideCapture(Supplier<R> body) {
    return Capture.outside(given("outsideCapture", "body", body));
  }

  @Override
  public void omitting(Tensor found, Tensor missed, Runnable steps) {
    given("omitting", "steps", steps);
    Strided reason = given("omitting", "found", found).data();
    Strided count = given("omitting", "missed", missed).data();
    Capture.omitting(found.device(), reason, count, steps);
  }

  @Override
  public void sgdStep(SgdStep step, List<Update<Tensor>> updates) {
    given("sgdStep", "step", step);
    int kept = step.momentum() == 0 ? 0 : 1;
    fused("sgdStep", kept, updates, (kernels, all) -> kernels.sgdStep(step, all));
  }

  @Override
  public void adamStep(AdamStep step, List<Update<Tensor>> updates) {
    given("adamStep", "step", step);
    int kept = step.amsgrad() ? 3 : 2;
    fused("adamStep", kept, updates, (kernels, all) -> kernels.adamStep(step, all));
  }

  @Override
  public void elementStep(ElementStep step, List<Update<Tensor>> updates) {
    int kept = given("elementStep", "step", step).kept();
    fused("elementStep", kept, updates, (kernels, all) -> kernels.elementStep(step, all));
  }

  @Override
  public void scaleAll(List<Tensor> tensors, Tensor factor, @Nullable Tensor found) {
    Sweeps.scale(tensors, given("scaleAll", "factor", factor), found);
  }

  @Override
  public Tensor sumSquares(List<Tensor> tensors) {
    return Sweeps.sumSquares(tensors);
  }

  private static void fused(
      String name,
      int kept,
      List<Update<Tensor>> updates,
      BiConsumer<OptimizerKernels, List<OptimizerKernels.Update>> step) {
    for (Update<Tensor> update : given(name, "updates", updates)) {
      check(name, kept, given(name, "an update", update));
    }
    try (var _ = GradMode.disable()) {
      for (int from = 0; from < updates.size(); ) {
        from = together(updates, from, step);
      }
    }
  }

  /**
   * Changes parameters of one device, as many as follow and do not need too much memory for copies,
   * and returns where they end.
   */
  private static int together(
      List<Update<Tensor>> updates,
      int from,
      BiConsumer<OptimizerKernels, List<OptimizerKernels.Update>> step) {
    Device device = updates.get(from).parameter().device();
    List<Tensor> copies = new ArrayList<>();
    try {
      List<Update<Tensor>> ready = new ArrayList<>();
      List<OptimizerKernels.Update> operands = new ArrayList<>();
      int to = from;
      long copied = 0;
      while (to < updates.size()
          && copied < MOST_COPIED
          && updates.get(to).parameter().device().equals(device)) {
        int before = copies.size();
        Update<Tensor> dense = dense(updates.get(to++), copies);
        for (int i = before; i < copies.size(); i++) {
          copied += copies.get(i).storage().byteSize();
        }
        ready.add(dense);
        operands.add(
            new OptimizerKernels.Update(
                dense.parameter().data(), dense.gradient().data(), data(dense.state())));
      }
      step.accept(Backends.of(device).optimizers(), operands);
      for (int i = 0; i < ready.size(); i++) {
        finish(ready.get(i), updates.get(from + i));
      }
      return to;
    } finally {
      copies.forEach(copy -> copy.storage().free());
    }
  }

  private static List<Strided> data(List<Tensor> tensors) {
    return switch (tensors.size()) {
      case 0 -> List.of();
      case 1 -> List.of(tensors.getFirst().data());
      default -> {
        Strided[] all = new Strided[tensors.size()];
        for (int i = 0; i < all.length; i++) {
          all[i] = tensors.get(i).data();
        }
        yield List.of(all);
      }
    };
  }

  private static void check(String name, int kept, Update<Tensor> update) {
    Tensor parameter = given(name, "parameter", update.parameter());
    Tensor gradient = given(name, "gradient", update.gradient());
    List<Tensor> state = given(name, "state", update.state());
    if (state.size() != kept) {
      throw new IllegalArgumentException(
          name + ": " + state.size() + " state tensors of a parameter, not " + kept);
    }
    floating(name, parameter);
    for (int i = 0; i < state.size(); i++) {
      Tensor buffer = given(name, "a state tensor", state.get(i));
      checkLike(name, parameter, buffer);
      if (!buffer.isContiguous()) {
        throw new IllegalArgumentException(name + ": a state tensor is not contiguous");
      }
      Writing.checkWritable(name, buffer);
      checkApart(name, buffer, parameter);
      checkApart(name, buffer, gradient);
      for (int j = 0; j < i; j++) {
        checkApart(name, buffer, state.get(j));
      }
    }
    checkLike(name, parameter, gradient);
    Writing.check(name, parameter, parameter.shape(), parameter.dtype());
  }

  /** Returns an update as a step takes it; copies are added to the others. */
  private static Update<Tensor> dense(Update<Tensor> update, List<Tensor> copies) {
    Tensor given = dense(update.gradient(), copies);
    if (given == update.gradient() && Writing.clashes(update.parameter(), given)) {
      given = Copying.copy(given);
      copies.add(given);
    }
    Tensor parameter = dense(update.parameter(), copies);
    List<Tensor> state = new ArrayList<>(update.state().size());
    boolean same = given == update.gradient() && parameter == update.parameter();
    for (Tensor buffer : update.state()) {
      Tensor dense = dense(buffer, copies);
      same &= dense == buffer;
      state.add(dense);
    }
    return same ? update : new Update<>(parameter, given, state);
  }

  private static void finish(Update<Tensor> written, Update<Tensor> target) {
    finish(written.parameter(), target.parameter());
    for (int i = 0; i < target.state().size(); i++) {
      finish(written.state().get(i), target.state().get(i));
    }
    Reference.reachabilityFence(written.gradient());
  }

  /**
   * Returns a tensor as a step takes it, contiguous and of 32 bits at least: itself if it can, else
   * a copy, which is added to the others.
   */
  private static Tensor dense(Tensor x, List<Tensor> copies) {
    Tensor dense = Copying.contiguous(x, x.dtype().size() < 4 ? DType.FLOAT32 : x.dtype());
    if (dense != x) {
      copies.add(dense);
    }
    return dense;
  }

  /** Puts what a step has written where it belongs. */
  private static void finish(Tensor written, Tensor target) {
    if (written == target) {
      RawMemory.bumpVersion(target.storage());
    } else {
      Writing.store(written, target);
    }
  }

  private static void checkApart(String name, Tensor buffer, Tensor other) {
    if (buffer.storage().sharesMemory(other.storage())) {
      throw new IllegalArgumentException(
          name
              + ": a state tensor shares memory with the parameter, the gradient or another state"
              + " tensor; clone() it first");
    }
  }

  private static void checkLike(String name, Tensor parameter, Tensor other) {
    if (!other.shape().equals(parameter.shape()) || other.dtype() != parameter.dtype()) {
      throw new IllegalArgumentException(
          name + ": " + Tensor.describe(other) + " for a parameter " + Tensor.describe(parameter));
    }
  }
}
