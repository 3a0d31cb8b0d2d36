package dev.chagres.backend.cuda;

import dev.chagres.backend.FeedForwardKernels;
import dev.chagres.backend.Strided;
import dev.chagres.backend.cuda.CublasLt.Epilogue;
import dev.chagres.backend.cuda.CublasLt.Kind;
import dev.chagres.core.Activation;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import java.lang.ref.Reference;

/**
 * Products whose activations, and gradients of activations and biases, cuBLASLt computes where it
 * stores them: where the user allows it, because how exact that is is not documented, and where
 * cuBLASLt has it. All else is composed.
 *
 * @param composed one operation after the other
 */
record Epilogues(Products products, FeedForwardKernels composed) implements FeedForwardKernels {
  /** Of what columns of a mask are multiples, in bits. */
  private static final int MASK = 128;

  /** Of what columns of numbers before an activation are multiples, in elements. */
  private static final int BEFORE = 8;

  /** Whether cuBLASLt may compute an activation; its GELU is the approximation. */
  private static boolean mayFuse(Activation activation) {
    return activation != Activation.GELU && CudaRuntime.isFusedActivationAllowed();
  }

  @Override
  public void linear(Activation activation, Strided a, Strided b, Strided bias, Strided y) {
    Kind kind = activation == Activation.RELU ? Kind.RELU_BIAS : Kind.GELU_BIAS;
    boolean done =
        mayFuse(activation)
            && Products.isRow(bias.layout())
            && products.finished(Epilogue.of(kind, CudaDevice.address(bias)), a, b, y);
    Reference.reachabilityFence(bias);
    if (!done) {
      composed.linear(activation, a, b, bias, y);
    }
  }

  @Override
  public Activated linearKept(
      Activation activation, Strided a, Strided b, Strided bias, Strided y) {
    if (mayFuse(activation) && Products.isRow(bias.layout()) && y.numel() > 0) {
      Strided aux = aux(activation, y);
      Kind kind = activation == Activation.RELU ? Kind.RELU_AUX_BIAS : Kind.GELU_AUX_BIAS;
      boolean done = products.finished(epilogue(kind, bias, aux), a, b, y);
      Reference.reachabilityFence(bias);
      if (done) {
        return new Activated(activation, y, aux);
      }
      aux.storage().free();
    }
    return composed.linearKept(activation, a, b, bias, y);
  }

  @Override
  public void activationBackward(
      Activated result, Strided g, Strided b, Strided gx, Strided gbias) {
    Strided kept = result.kept();
    Kind kind = result.activation() == Activation.RELU ? Kind.DRELU_BGRAD : Kind.DGELU_BGRAD;
    boolean done =
        mayFuse(result.activation())
            && isAux(result.activation(), kept)
            && products.finished(epilogue(kind, gbias, kept), g, b, gx);
    Reference.reachabilityFence(kept);
    Reference.reachabilityFence(gbias);
    if (!done) {
      composed.activationBackward(result, g, b, gx, gbias);
    }
  }

  @Override
  public void weightBackward(Strided g, Strided x, Strided gweight, Strided gbias) {
    Strided turned = g.with(g.layout().transpose(0, 1));
    boolean done =
        CudaRuntime.isFusedActivationAllowed()
            && products.finished(
                Epilogue.of(Kind.BGRADB, CudaDevice.address(gbias)), turned, x, gweight);
    Reference.reachabilityFence(gbias);
    if (!done) {
      composed.weightBackward(g, x, gweight, gbias);
    }
  }

  /** Memory for what a gradient needs: a mask, or numbers in rows that end in a gap. */
  private static Strided aux(Activation activation, Strided y) {
    long rows = y.layout().size(0);
    long columns = y.layout().size(1);
    if (activation == Activation.RELU) {
      return y.like(Shape.of(rows, Math.ceilDiv(columns, MASK) * MASK / Byte.SIZE), DType.UINT8);
    }
    Strided wide = y.like(Shape.of(rows, Math.ceilDiv(columns, BEFORE) * BEFORE), y.dtype());
    return wide.with(wide.layout().narrow(1, 0, columns));
  }

  /** Whether cuBLASLt can read what was kept, be it its own or not. */
  private static boolean isAux(Activation activation, Strided kept) {
    Layout layout = kept.layout();
    return activation == Activation.RELU
        ? kept.dtype() == DType.UINT8 && layout.size(1) % (MASK / Byte.SIZE) == 0
        : (layout.stride(1) == 1 || layout.size(1) == 1)
            && layout.stride(0) % BEFORE == 0
            && layout.stride(0) >= layout.size(1);
  }

  private static Epilogue epilogue(Kind kind, Strided bias, Strided aux) {
    long row = aux.layout().stride(0);
    return new Epilogue(
        kind,
        CudaDevice.address(bias),
        CudaDevice.address(aux),
        aux.dtype() == DType.UINT8 ? row * Byte.SIZE : row);
  }
}
