package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.SoftmaxKernels.Softmax;
import dev.chagres.backend.Strided;
import dev.chagres.core.Shape;
import java.lang.ref.Reference;

/** The door of softmax and its logarithm. */
final class Softmaxes {
  private Softmaxes() {}

  static Tensor softmax(Softmax kind, Tensor x, int dim) {
    String name = kind == Softmax.PROBABILITY ? "softmax" : "logSoftmax";
    if (!x.dtype().isFloating()) {
      throw new IllegalArgumentException(
          name
              + ": not defined for "
              + x.dtype()
              + "; convert to a floating dtype first, or call "
              + name
              + "(dim, DType.FLOAT32)");
    }
    if (x.dim() == 0) {
      x.shape().axis(name, dim);
      return ViewOps.reshape(softmax(kind, ViewOps.reshape(x, Shape.of(1)), 0), Shape.scalar());
    }
    int axis = x.shape().axis(name, dim);
    Tensor source = Copying.contiguous(x);
    Strided out = x.data().like(x.shape(), x.dtype());
    Backends.of(x.device()).softmaxes().softmax(kind, source.data(), axis, out);
    Reference.reachabilityFence(source);
    Tensor y = new Tensor(out);
    if (x.requiresGrad() && GradMode.isEnabled()) {
      Saved kept = new Saved(y);
      y.setHistory(
          Operation.of(
              kind == Softmax.PROBABILITY ? "SoftmaxBackward" : "LogSoftmaxBackward",
              Gradients.input(x, g -> backward(kind, g, kept.get(), axis))));
    }
    return y;
  }

  /**
   * The fused kernel, or the same formula in recorded operations when the gradient is itself to be
   * differentiated.
   */
  private static Tensor backward(Softmax kind, Tensor g, Tensor y, int axis) {
    if (GradMode.isEnabled()) {
      return switch (kind) {
        case PROBABILITY -> y.mul(g.sub(g.mul(y).sum(Keep.KEEPDIM, axis)));
        case LOGARITHM -> g.sub(y.exp().mul(g.sum(Keep.KEEPDIM, axis)));
      };
    }
    if (!g.shape().equals(y.shape()) || g.dtype() != y.dtype()) {
      throw new IllegalArgumentException(
          "softmax: a gradient " + Tensor.describe(g) + " of a result " + Tensor.describe(y));
    }
    Tensor gradient = Copying.contiguous(g);
    Strided out = y.data().like(y.shape(), y.dtype());
    Backends.of(y.device()).softmaxes().softmaxBackward(kind, gradient.data(), y.data(), axis, out);
    Reference.reachabilityFence(gradient);
    Reference.reachabilityFence(y);
    return new Tensor(out);
  }
}
