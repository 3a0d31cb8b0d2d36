package dev.chagres.backend;

import static dev.chagres.backend.Operands.areAlike;
import static dev.chagres.backend.Operands.changed;
import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isIndex;
import static dev.chagres.backend.Operands.isLikeRow;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.present;
import static dev.chagres.backend.Operands.require;

import dev.chagres.backend.SoftmaxKernels.Softmax;
import dev.chagres.core.DType;
import dev.chagres.primitive.CrossEntropyForm;
import org.jspecify.annotations.Nullable;

/** Softmax and cross entropy, with operands that are looked at before. */
record CheckedSoftmaxes(SoftmaxKernels device) implements SoftmaxKernels {
  @Override
  public void softmax(Softmax kind, Strided x, int dim, Strided y) {
    check(x, y);
    device.softmax(kind, x, dim, y);
  }

  @Override
  public void softmaxBackward(Softmax kind, Strided g, Strided y, int dim, Strided gx) {
    check(g, y, gx);
    device.softmaxBackward(kind, g, y, dim, gx);
  }

  /** Operands of softmax or of its gradient, and the result. */
  private static void check(Strided... operands) {
    Strided y = operands[operands.length - 1];
    boolean agree = y.dtype().isFloating() && isWritable(y);
    for (Strided operand : operands) {
      agree = agree && areAlike(operand, y) && isDense(operand);
    }
    require(agree, "softmax", operands);
  }

  @Override
  public void crossEntropy(
      CrossEntropyForm form,
      Strided x,
      Strided target,
      @Nullable Strided weight,
      Strided statistics,
      Strided y) {
    boolean agree =
        areScores(x, target, statistics)
            && isLikeRow(weight, x)
            && areLosses(form, y, x)
            && isWritable(statistics)
            && isWritable(y);
    if (!agree) {
      throw changed("crossEntropy", present(x, target, weight, statistics, y));
    }
    device.crossEntropy(form, x, target, weight, statistics, y);
  }

  @Override
  public void crossEntropyBackward(
      CrossEntropyForm form, Strided g, Strided x, Strided target, Strided statistics, Strided gx) {
    boolean agree =
        areScores(x, target, statistics)
            && areLosses(form, g, x)
            && areAlike(gx, x)
            && isDense(gx)
            && isWritable(gx);
    require(agree, "crossEntropy", g, x, target, statistics, gx);
    device.crossEntropyBackward(form, g, x, target, statistics, gx);
  }

  /** Scores, their targets, and what the gradient needs of them. */
  private static boolean areScores(Strided x, Strided target, Strided statistics) {
    boolean agree =
        (x.dtype() == DType.FLOAT32 || x.dtype() == DType.FLOAT64)
            && x.layout().dim() == 2
            && x.numel() > 0
            && isDense(x)
            && isIndex(target)
            && isDense(target);
    long rows = agree ? x.layout().size(0) : 0;
    return agree
        && target.layout().dim() == 1
        && target.layout().size(0) == rows
        && statistics.dtype() == x.dtype()
        && statistics.layout().dim() == 1
        && statistics.layout().size(0) == 3 * rows + 1
        && isDense(statistics);
  }

  /** Whether these are as many losses of scores as a form has. */
  private static boolean areLosses(CrossEntropyForm form, Strided losses, Strided x) {
    boolean each = form.total() == CrossEntropyForm.Total.EACH;
    return losses.dtype() == x.dtype()
        && losses.layout().dim() == (each ? 1 : 0)
        && losses.numel() == (each ? x.layout().size(0) : 1)
        && isDense(losses);
  }
}
