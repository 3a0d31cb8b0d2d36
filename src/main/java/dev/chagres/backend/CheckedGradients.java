package dev.chagres.backend;

import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.present;
import static dev.chagres.backend.Operands.require;

import dev.chagres.core.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Passes over the gradients of a model, with operands that are looked at before. */
record CheckedGradients(GradientKernels device) implements GradientKernels {
  @Override
  public void scaleAll(List<Strided> tensors, Strided factor, @Nullable Strided found) {
    boolean agree =
        isNumber(factor, DType.FLOAT64)
            && (found == null || isNumber(found, DType.FLOAT32) && isWritable(found));
    for (Strided tensor : tensors) {
      require(
          agree && isFloating(tensor) && isWritable(tensor),
          "scaleAll",
          present(tensor, factor, found));
    }
    device.scaleAll(tensors, factor, found);
  }

  @Override
  public void sumSquares(List<Strided> tensors, Strided y) {
    require(isNumber(y, DType.FLOAT64) && isWritable(y), "sumSquares", y);
    for (Strided tensor : tensors) {
      require(isFloating(tensor), "sumSquares", tensor, y);
    }
    device.sumSquares(tensors, y);
  }

  private static boolean isFloating(Strided x) {
    return x.dtype().isFloating() && isDense(x);
  }

  private static boolean isNumber(Strided x, DType dtype) {
    return x.dtype() == dtype && x.layout().dim() == 0;
  }
}
