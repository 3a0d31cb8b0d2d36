package dev.chagres.backend;

import static dev.chagres.backend.Operands.areAlike;
import static dev.chagres.backend.Operands.changed;
import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isIndex;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.present;
import static dev.chagres.backend.Operands.require;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.CrossEntropyForm;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of the {@link Operands} of reductions, and of what goes through rows several times:
 * softmax, cross entropy and layer normalization.
 */
final class RowOperands {
  private RowOperands() {}

  // ---- reductions and softmax

  static void reduce(ReduceOp op, Strided x, int dim, Strided y) {
    boolean position = op == ReduceOp.ARGMAX || op == ReduceOp.ARGMIN;
    int rank = x.layout().dim();
    boolean agree =
        y.layout().dim() == rank
            && y.dtype() == op.resultType(x.dtype())
            && isReducible(op, x.dtype())
            && isDense(y)
            && isWritable(y);
    for (int i = 0; agree && i < rank; i++) {
      long size = y.layout().size(i);
      boolean kept = size == x.layout().size(i);
      agree = position ? (i == dim ? size == 1 : kept) : kept || size == 1;
    }
    require(agree, op.word(), x, y);
  }

  private static boolean isReducible(ReduceOp op, DType dtype) {
    return switch (op) {
      case ANY, ALL -> dtype == DType.BOOL;
      case SUM, PROD, MAX, MIN, ARGMAX, ARGMIN -> true;
      case SUM_SQUARES, SUM_MAGNITUDES -> dtype.isFloating();
    };
  }

  static void moments(Strided x, Strided mean, Strided squares) {
    int rank = x.layout().dim();
    boolean agree =
        x.dtype().isFloating()
            && mean.layout().dim() == rank
            && mean.dtype() == DType.FLOAT64
            && areAlike(mean, squares)
            && x.numel() > 0
            && isDense(mean)
            && isDense(squares)
            && isWritable(mean)
            && isWritable(squares);
    for (int i = 0; agree && i < rank; i++) {
      long size = mean.layout().size(i);
      agree = size == 1 || size == x.layout().size(i);
    }
    require(agree, "var", x, mean, squares);
  }

  /** Operands of softmax or of its gradient, and the result. */
  static void softmax(Strided... operands) {
    Strided y = operands[operands.length - 1];
    boolean agree = y.dtype().isFloating() && isWritable(y);
    for (Strided operand : operands) {
      agree = agree && areAlike(operand, y) && isDense(operand);
    }
    require(agree, "softmax", operands);
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

  static void crossEntropy(
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
  }

  static void crossEntropyBackward(
      CrossEntropyForm form, Strided g, Strided x, Strided target, Strided statistics, Strided gx) {
    boolean agree =
        areScores(x, target, statistics)
            && areLosses(form, g, x)
            && areAlike(gx, x)
            && isDense(gx)
            && isWritable(gx);
    require(agree, "crossEntropy", g, x, target, statistics, gx);
  }

  static void layerNorm(
      Strided x, @Nullable Strided weight, @Nullable Strided bias, Strided statistics, Strided y) {
    boolean agree =
        areRows(x, statistics)
            && isLikeRow(weight, x)
            && isLikeRow(bias, x)
            && isWritable(statistics)
            && areAlike(x, y)
            && isDense(y)
            && isWritable(y);
    if (!agree) {
      throw changed("layerNorm", present(x, weight, bias, y, statistics));
    }
  }

  static void layerNormBackward(
      Strided g,
      Strided x,
      @Nullable Strided weight,
      Strided statistics,
      Strided gx,
      Strided gweight,
      Strided gbias) {
    boolean agree =
        areRows(x, statistics)
            && areAlike(g, x)
            && isDense(g)
            && isLikeRow(weight, x)
            && areAlike(gx, x)
            && isDense(gx)
            && isWritable(gx)
            && isLikeRow(gweight, x)
            && isWritable(gweight)
            && isLikeRow(gbias, x)
            && isWritable(gbias);
    if (!agree) {
      throw changed("layerNorm", present(g, x, weight, statistics, gx, gweight, gbias));
    }
  }

  /** Whether x is floating rows that have elements, and these are two numbers of each. */
  private static boolean areRows(Strided x, Strided statistics) {
    return x.dtype().isFloating()
        && x.layout().dim() == 2
        && x.layout().size(1) > 0
        && isDense(x)
        && statistics.dtype() == DType.FLOAT64
        && statistics.shape().equals(Shape.of(2, x.layout().size(0)))
        && isDense(statistics);
  }

  /** Whether an operand, if there is one, has an element for each column of x. */
  private static boolean isLikeRow(@Nullable Strided row, Strided x) {
    return row == null
        || (row.dtype() == x.dtype()
            && row.layout().dim() == 1
            && row.layout().size(0) == x.layout().size(1)
            && isDense(row));
  }
}
