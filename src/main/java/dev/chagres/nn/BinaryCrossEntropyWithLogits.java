package dev.chagres.nn;

import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Function;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code -(p y log s(x) + (1 - y) log(1 - s(x)))} of logits x, targets y and, if there are any,
 * weights p of the positive, where {@code -log s(x) = softplus(-x)} never overflows. The rule is
 * written out, since the parts of the sum have gradients that cancel for small probabilities.
 */
final class BinaryCrossEntropyWithLogits extends Function {

  @Override
  protected List<Tensor> forward(Context context, List<Tensor> inputs) {
    Tensor x = inputs.get(0);
    Tensor y = inputs.get(1);
    Tensor surprise = surprise(x);
    if (inputs.size() > 2) {
      surprise = surprise.mul(factor(y, inputs.get(2)));
    }
    context.saveForBackward(inputs.toArray(Tensor[]::new));
    return List.of(y.rsub(1).mul(x).add(surprise));
  }

  @Override
  protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
    List<Tensor> inputs = context.savedTensors();
    Tensor x = inputs.get(0);
    Tensor y = inputs.get(1);
    Tensor g = gradOutput(gradOutputs, 0);
    if (inputs.size() == 2) {
      return Arrays.asList(
          context.needsInputGrad(0) ? g.mul(x.sigmoid().sub(y)) : null,
          context.needsInputGrad(1) ? g.mul(x.neg()) : null);
    }
    Tensor p = inputs.get(2);
    return Arrays.asList(
        context.needsInputGrad(0) ? g.mul(factor(y, p).mul(x.sigmoid()).sub(p.mul(y))) : null,
        context.needsInputGrad(1) ? g.mul(p.sub(1).mul(surprise(x)).sub(x)) : null,
        context.needsInputGrad(2) ? g.mul(y.mul(surprise(x))) : null);
  }

  private static Tensor surprise(Tensor x) {
    return Primitives.of(x).softplus(x.neg());
  }

  private static Tensor factor(Tensor y, Tensor p) {
    return y.mul(p.sub(1)).add(1);
  }
}
