package dev.chagres.tensor;

import dev.chagres.autograd.Backward;
import dev.chagres.autograd.Edge;
import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Joint;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.FeedForwardKernels.Activated;
import dev.chagres.backend.Strided;
import dev.chagres.core.Activation;
import dev.chagres.core.Shape;
import dev.chagres.primitive.Primitives.Affine;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The door of feed-forward blocks: two linear layers and an activation between them. */
final class FeedForwards {
  static final String NAME = "feedForward";
  private static final String NODE = "FeedForwardBackward";

  private FeedForwards() {}

  /** Whether a layer of an input is one of those that are computed together. */
  static boolean isOne(Tensor x, Affine<Tensor> layer) {
    Tensor bias = layer.bias();
    return bias != null
        && x.dtype().isFloating()
        && layer.weight().dtype() == x.dtype()
        && bias.dtype() == x.dtype()
        && bias.shape().equals(Shape.of(layer.weight().size(0)));
  }

  static Tensor activated(Activation activation, Tensor x) {
    return switch (activation) {
      case RELU -> x.relu();
      case GELU -> TensorPrimitives.INSTANCE.gelu(x);
      case GELU_TANH -> TensorPrimitives.INSTANCE.geluTanh(x);
    };
  }

  /** Of inputs (n, in), with layers of which each {@link #isOne}. */
  static Tensor feedForward(
      Tensor x, Affine<Tensor> first, Activation activation, Affine<Tensor> second) {
    Tensor w1 = first.weight();
    Tensor b1 = Objects.requireNonNull(first.bias(), "see isOne");
    Tensor w2 = second.weight();
    Tensor b2 = Objects.requireNonNull(second.bias(), "see isOne");
    List<Tensor> inputs = List.of(x, w1, b1, w2, b2);
    boolean recorded = GradMode.isEnabled() && inputs.stream().anyMatch(Tensor::requiresGrad);
    for (Tensor each : inputs) {
      Backends.together(NAME, x, each);
    }
    Shape inner = Creation.shape(NAME, x.size(0), w1.size(0));
    Strided out = x.data().like(Creation.shape(NAME, x.size(0), w2.size(0)), x.dtype());
    Tensor hidden = new Tensor(x.data().like(inner, x.dtype()));
    Tensor[] kept = {hidden};
    Matrices.run(
        NAME,
        x,
        w1,
        Backends.of(NAME, x, w1).feedForward(),
        kernels -> {
          Strided columns = turned(w1);
          Strided bias = b1.data().with(b1.layout().expand(inner));
          if (recorded) {
            kept[0] =
                kept(
                    kernels.linearKept(activation, x.data(), columns, bias, hidden.data()), hidden);
          } else {
            kernels.linear(activation, x.data(), columns, bias, hidden.data());
          }
        });
    Reference.reachabilityFence(b1);
    Matrices.biased(NAME, b2, hidden, w2, turned(w2), out);
    Tensor y = new Tensor(out);
    if (recorded) {
      Block block = new Block(inputs, activation, hidden, kept[0]);
      y.setHistory(
          new Joint<>(
              NODE,
              block.edges,
              1,
              Joint.Author.LIBRARY,
              gradients -> {
                Tensor g = gradients.getFirst();
                return g == null
                    ? Arrays.asList(null, null, null, null, null)
                    : GradMode.isEnabled() ? block.slopes(g) : block.fusedSlopes(g);
              }));
    } else {
      hidden.storage().free();
    }
    return y;
  }

  private static Tensor kept(Activated made, Tensor hidden) {
    return made.kept().equals(made.y()) ? hidden : new Tensor(made.kept());
  }

  private static Strided turned(Tensor weight) {
    return weight.data().with(weight.layout().transpose(0, 1));
  }

  /** What the gradient of a block needs. */
  private static final class Block {
    private final List<@Nullable Edge<Tensor>> edges = new ArrayList<>();
    private final Activation activation;
    private final Saved x;
    private final Saved w1;
    private final Saved b1;
    private final Saved w2;
    private final Saved hidden;
    private final Saved kept;

    /** The inputs are x, the weight and the bias of the first layer, and those of the second. */
    Block(List<Tensor> inputs, Activation activation, Tensor hidden, Tensor kept) {
      inputs.forEach(input -> edges.add(input.requiresGrad() ? input.edge() : null));
      this.activation = activation;
      this.x = new Saved(inputs.get(0));
      this.w1 = new Saved(inputs.get(1));
      this.b1 = new Saved(inputs.get(2));
      this.w2 = new Saved(inputs.get(3));
      this.hidden = new Saved(hidden);
      this.kept = new Saved(kept);
    }

    private boolean wants(int... inputs) {
      return Arrays.stream(inputs).anyMatch(input -> Backward.isWanted(edges.get(input)));
    }

    /** The gradients in recorded operations, for those who differentiate them again. */
    List<@Nullable Tensor> slopes(Tensor g) {
      Tensor before = Matrices.linear(NAME, x.get(), w1.get(), b1.get());
      Tensor after = activated(activation, before);
      Tensor product = Matrices.product(NAME, g, w2.get());
      Tensor slope =
          switch (activation) {
            case RELU -> Elementwise.binary(BinaryOp.RELU_BACKWARD, product, after);
            case GELU -> Elementwise.binary(BinaryOp.GELU_BACKWARD, product, before);
            case GELU_TANH -> Elementwise.binary(BinaryOp.GELU_TANH_BACKWARD, product, before);
          };
      return Arrays.asList(
          wants(0) ? Matrices.product(NAME, slope, w1.get()) : null,
          wants(1) ? Matrices.product(NAME, slope.t(), x.get()) : null,
          wants(2) ? slope.sum(0) : null,
          wants(3) ? Matrices.product(NAME, g.t(), after) : null,
          wants(4) ? g.sum(0) : null);
    }

    List<@Nullable Tensor> fusedSlopes(Tensor g) {
      Tensor after = hidden.get();
      Tensor weight = w2.get();
      if (g.dtype() != after.dtype()
          || !g.shape().equals(Shape.of(after.size(0), weight.size(0)))) {
        throw new IllegalArgumentException(
            NAME
                + ": a gradient "
                + Tensor.describe(g)
                + " of a result of "
                + Tensor.describe(after)
                + " and a weight "
                + weight.shape());
      }
      @Nullable Tensor[] all = new Tensor[5];
      if (wants(0, 1, 2)) {
        Tensor slope = like(after, after.shape());
        Tensor sums = like(after, Shape.of(after.size(1)));
        Tensor before = kept.get();
        Activated result = new Activated(activation, after.data(), before.data());
        Matrices.run(
            NAME,
            g,
            weight,
            Backends.of(NAME, g, weight).feedForward(),
            kernels ->
                kernels.activationBackward(
                    result, g.data(), weight.data(), slope.data(), sums.data()));
        Reference.reachabilityFence(after);
        Reference.reachabilityFence(before);
        all[0] = wants(0) ? Matrices.product(NAME, slope, w1.get()) : null;
        all[1] = wants(1) ? Matrices.product(NAME, slope.t(), x.get()) : null;
        all[2] = sums;
        slope.storage().free();
      }
      if (wants(3)) {
        Tensor gweight = like(after, weight.shape());
        Tensor gbias = like(after, Shape.of(weight.size(0)));
        Matrices.weightBackward(NAME, g, after, gweight, gbias);
        all[3] = gweight;
        all[4] = gbias;
      } else {
        all[4] = wants(4) ? g.sum(0) : null;
      }
      return Arrays.asList(all);
    }

    private static Tensor like(Tensor x, Shape shape) {
      return new Tensor(x.data().like(shape, x.dtype()));
    }
  }
}
