package dev.chagres.backend;

import dev.chagres.core.Activation;
import dev.chagres.core.Shape;

/** One operation after the other, where it can be in the place of the last one's result. */
public record ComposedFeedForward(
    ElementKernels elements, ReductionKernels reductions, MatrixKernels matrices)
    implements FeedForwardKernels {
  @Override
  public void linear(Activation activation, Strided a, Strided b, Strided bias, Strided y) {
    matrices.linear(a, b, bias, y);
    elements.unary(forth(activation), y, y);
  }

  @Override
  public Activated linearKept(
      Activation activation, Strided a, Strided b, Strided bias, Strided y) {
    if (activation == Activation.RELU) {
      linear(activation, a, b, bias, y);
      return new Activated(activation, y, y);
    }
    Strided before = y.like(y.shape(), y.dtype());
    matrices.linear(a, b, bias, before);
    elements.unary(forth(activation), before, y);
    return new Activated(activation, y, before);
  }

  @Override
  public void activationBackward(
      Activated result, Strided g, Strided b, Strided gx, Strided gbias) {
    boolean ofResult = result.activation() == Activation.RELU;
    matrices.matmul(1, g, b, 0, gx);
    elements.binary(back(result.activation()), gx, ofResult ? result.y() : result.kept(), gx);
    sums(gx, gbias);
  }

  @Override
  public void weightBackward(Strided g, Strided x, Strided gweight, Strided gbias) {
    matrices.matmul(1, g.with(g.layout().transpose(0, 1)), x, 0, gweight);
    sums(g, gbias);
  }

  private void sums(Strided x, Strided y) {
    reductions.reduce(ReduceOp.SUM, x, 0, y.with(Shape.of(1, y.numel()).contiguous()));
  }

  private static UnaryOp forth(Activation activation) {
    return switch (activation) {
      case RELU -> UnaryOp.RELU;
      case GELU -> UnaryOp.GELU;
      case GELU_TANH -> UnaryOp.GELU_TANH;
    };
  }

  /** What makes of a gradient the one before an activation: of RELU by its result. */
  private static BinaryOp back(Activation activation) {
    return switch (activation) {
      case RELU -> BinaryOp.RELU_BACKWARD;
      case GELU -> BinaryOp.GELU_BACKWARD;
      case GELU_TANH -> BinaryOp.GELU_TANH_BACKWARD;
    };
  }
}
