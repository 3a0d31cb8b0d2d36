package dev.chagres.backend;

import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.require;

import dev.chagres.core.Activation;
import dev.chagres.core.DType;

/** Products with activations that look at the operands of every call before their device does. */
record CheckedFeedForward(FeedForwardKernels device) implements FeedForwardKernels {
  @Override
  public void linear(Activation activation, Strided a, Strided b, Strided bias, Strided y) {
    check(a, b, bias, y);
    device.linear(activation, a, b, bias, y);
  }

  @Override
  public Activated linearKept(
      Activation activation, Strided a, Strided b, Strided bias, Strided y) {
    check(a, b, bias, y);
    return device.linearKept(activation, a, b, bias, y);
  }

  private static void check(Strided a, Strided b, Strided bias, Strided y) {
    CheckedMatrices.checkLinear(a, b, bias, y);
    require(y.dtype().isFloating(), "linear", a, b, bias, y);
  }

  @Override
  public void activationBackward(
      Activated result, Strided g, Strided b, Strided gx, Strided gbias) {
    Strided y = result.y();
    Strided kept = result.kept();
    CheckedMatrices.check("activationBackward", g, b, gx);
    boolean agree =
        gx.layout().dim() == 2
            && gx.dtype().isFloating()
            && Operands.areAlike(y, gx)
            && (Operands.areAlike(kept, gx) || isMask(kept, gx))
            && isSums(gbias, gx);
    require(agree, "activationBackward", y, kept, g, b, gx, gbias);
    device.activationBackward(result, g, b, gx, gbias);
  }

  /** Whether there is a bit for each element at least, in whole bytes for each row. */
  private static boolean isMask(Strided kept, Strided x) {
    return kept.dtype() == DType.UINT8
        && kept.layout().dim() == 2
        && isDense(kept)
        && kept.layout().size(0) == x.layout().size(0)
        && kept.layout().size(1) >= Math.ceilDiv(x.layout().size(1), Byte.SIZE);
  }

  /** Whether there is a place for the sum of each column. */
  private static boolean isSums(Strided sums, Strided x) {
    return sums.dtype() == x.dtype()
        && sums.layout().dim() == 1
        && sums.layout().size(0) == x.layout().size(1)
        && isDense(sums)
        && isWritable(sums);
  }

  @Override
  public void weightBackward(Strided g, Strided x, Strided gweight, Strided gbias) {
    boolean matrix = g.layout().dim() == 2 && g.dtype().isFloating();
    require(matrix && isSums(gbias, g), "weightBackward", g, x, gweight, gbias);
    CheckedMatrices.check("weightBackward", g.with(g.layout().transpose(0, 1)), x, gweight);
    device.weightBackward(g, x, gweight, gbias);
  }
}
