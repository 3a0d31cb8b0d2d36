package dev.chagres.linalg;

import dev.chagres.tensor.Function;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code (sum |x|^p)^(1/p)} along dimensions. Where no derivative exists the gradient is PyTorch's:
 * 0 where the norm is 0, and an equal share for each of the greatest elements.
 */
final class LinalgVectorNorm extends Function {
  private final double p;
  private final int[] dims;

  /** Creates the norm along these dimensions, none of them negative. */
  LinalgVectorNorm(double p, int... dims) {
    this.p = p;
    this.dims = dims;
  }

  @Override
  protected List<Tensor> forward(Context context, List<Tensor> inputs) {
    Tensor x = inputs.get(0);
    Tensor norm = norm(x);
    context.saveForBackward(x, norm);
    return List.of(norm);
  }

  /** The norm, with the dimensions kept. */
  private Tensor norm(Tensor x) {
    if (p == 0) {
      return x.ne(0).to(x.dtype()).sum(Keep.KEEPDIM, dims);
    } else if (p == 1) {
      return x.abs().sum(Keep.KEEPDIM, dims);
    } else if (p == 2) {
      return x.square().sum(Keep.KEEPDIM, dims).sqrt();
    } else if (p == Double.POSITIVE_INFINITY) {
      return x.abs().amax(Keep.KEEPDIM, dims);
    } else if (p == Double.NEGATIVE_INFINITY) {
      return x.abs().amin(Keep.KEEPDIM, dims);
    }
    return x.abs().pow(p).sum(Keep.KEEPDIM, dims).pow(1 / p);
  }

  @Override
  protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
    Tensor x = context.savedTensors().get(0);
    Tensor norm = context.savedTensors().get(1);
    Tensor g = gradOutputs.get(0);
    return Collections.singletonList(g == null ? null : gradient(x, norm, g));
  }

  private Tensor gradient(Tensor x, Tensor norm, Tensor g) {
    if (p == 0) {
      return x.zerosLike();
    } else if (p == 1) {
      return x.sign().mul(g);
    } else if (p == 2) {
      return x.mul(g.div(norm).maskedFill(norm.eq(0), 0));
    } else if (Double.isInfinite(p)) {
      Tensor greatest = x.abs().eq(norm).logicalOr(norm.isnan().logicalAnd(x.isnan()));
      Tensor share = greatest.to(x.dtype()).div(greatest.to(x.dtype()).sum(Keep.KEEPDIM, dims));
      return x.sign().mul(share).mul(g);
    } else if (p < 1) {
      Tensor powers = x.sign().mul(x.abs().pow(p - 1).maskedFill(x.eq(0), 0));
      return powers.mul(g.mul(norm.pow(1 - p)));
    } else if (p < 2) {
      Tensor scale = g.div(norm.pow(p - 1)).maskedFill(norm.eq(0), 0);
      return x.sign().mul(x.abs().pow(p - 1)).mul(scale);
    }
    Tensor scale = g.div(norm.pow(p - 1)).maskedFill(norm.eq(0), 0);
    return x.mul(x.abs().pow(p - 2)).mul(scale);
  }
}
