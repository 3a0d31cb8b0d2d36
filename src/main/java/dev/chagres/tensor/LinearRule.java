package dev.chagres.tensor;

import dev.chagres.autograd.Backward;
import dev.chagres.autograd.Edge;
import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Joint;
import dev.chagres.core.Shape;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of {@code x W^T + b} with respect to the bias, the input and the weight. Those of
 * the two parameters are one call of the backend where they are not recorded themselves.
 */
final class LinearRule {
  private final String name;
  private final @Nullable Edge<Tensor> toBias;
  private final @Nullable Edge<Tensor> toX;
  private final @Nullable Edge<Tensor> toWeight;

  /** What the weight's gradient needs, if it wants one, and what the input's needs. */
  private final @Nullable Saved x;

  private final @Nullable Saved weight;
  private final Shape biasShape;

  private LinearRule(String name, Tensor x, Tensor weight, Tensor bias) {
    this.name = name;
    this.toBias = bias.edge();
    this.toX = x.edge();
    this.toWeight = weight.edge();
    this.x = toWeight == null ? null : new Saved(x);
    this.weight = toX == null ? null : new Saved(weight);
    this.biasShape = bias.shape();
  }

  /** Records {@code y}, of which an operand wants a gradient. */
  static void record(String name, Tensor x, Tensor weight, Tensor bias, Tensor y) {
    LinearRule rule = new LinearRule(name, x, weight, bias);
    y.setHistory(
        new Joint<>(
            "AddmmBackward",
            Arrays.asList(rule.toBias, rule.toX, rule.toWeight),
            1,
            Joint.Author.LIBRARY,
            rule::gradients));
  }

  private List<@Nullable Tensor> gradients(List<@Nullable Tensor> arrived) {
    Tensor g = arrived.getFirst();
    @Nullable Tensor[] all = new Tensor[3];
    if (g != null) {
      boolean ofBias = Backward.isWanted(toBias);
      Tensor input = x != null && Backward.isWanted(toWeight) ? x.get() : null;
      if (ofBias && input != null && isOneCall(g)) {
        ofParameters(g, input, all);
      } else {
        all[0] = ofBias ? Reducing.sumTo(g, biasShape) : null;
        all[2] = input == null ? null : Matrices.product(name, g.t(), input);
      }
      if (weight != null && Backward.isWanted(toX)) {
        all[1] = Matrices.product(name, g, weight.get());
      }
    }
    return Arrays.asList(all);
  }

  private boolean isOneCall(Tensor g) {
    return !GradMode.isEnabled()
        && g.dtype().isFloating()
        && biasShape.dim() == 1
        && biasShape.size(0) == g.size(1);
  }

  private void ofParameters(Tensor g, Tensor input, @Nullable Tensor[] all) {
    Tensor gweight = new Tensor(g.data().like(Shape.of(g.size(1), input.size(1)), g.dtype()));
    Tensor gbias = new Tensor(g.data().like(biasShape, g.dtype()));
    Matrices.weightBackward(name, g, input, gweight, gbias);
    all[0] = gbias;
    all[2] = gweight;
  }
}
