package dev.chagres.nn;

import dev.chagres.tensor.Function;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code -(y log(x) + (1 - y) log(1 - x))} of probabilities x and targets y, with logarithms of at
 * least -100. The rule is written out, as that of the logarithm of 0 is infinity times 0, where a
 * sigmoid that has come to its end must go on learning.
 */
final class BinaryCrossEntropy extends Function {
  private static final double LEAST = -100;

  // PyTorch's, which keeps x (1 - x) from being 0
  private static final double EPS = 1e-12;

  @Override
  protected List<Tensor> forward(Context context, List<Tensor> inputs) {
    Tensor x = inputs.get(0);
    Tensor y = inputs.get(1);
    context.saveForBackward(x, y);
    Tensor yes = x.log().clampMin(LEAST);
    Tensor no = x.rsub(1).log().clampMin(LEAST);
    return List.of(y.sub(1).mul(no).sub(y.mul(yes)));
  }

  @Override
  protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
    Tensor x = context.savedTensors().get(0);
    Tensor y = context.savedTensors().get(1);
    Tensor g = gradOutput(gradOutputs, 0);
    return Arrays.asList(
        context.needsInputGrad(0) ? g.mul(new Slope().call(x, y)) : null,
        context.needsInputGrad(1) ? g.mul(x.rsub(1).log().sub(x.log())) : null);
  }

  /** {@code (x - y) / (x (1 - x))}, the slope along x. */
  private static final class Slope extends Function {
    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor x = inputs.get(0);
      Tensor y = inputs.get(1);
      context.saveForBackward(x, y);
      return List.of(x.sub(y).div(spread(x)));
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      Tensor x = context.savedTensors().get(0);
      Tensor y = context.savedTensors().get(1);
      Tensor g = gradOutput(gradOutputs, 0);
      Tensor bend = x.square().sub(x.mul(y).mul(2)).add(y);
      Tensor width = x.add(EPS).mul(x.rsub(1).add(EPS));
      return Arrays.asList(
          context.needsInputGrad(0) ? g.mul(bend).div(width.square()) : null,
          context.needsInputGrad(1) ? g.div(spread(x)).neg() : null);
    }

    private static Tensor spread(Tensor x) {
      return x.mul(x.rsub(1)).clampMin(EPS);
    }
  }
}
