package dev.chagres.backend;

import static dev.chagres.backend.Operands.areAlike;
import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.require;

import dev.chagres.core.DType;

/** Reductions, with operands that are looked at before. */
record CheckedReductions(ReductionKernels device) implements ReductionKernels {
  @Override
  public void reduce(ReduceOp op, Strided x, int dim, Strided y) {
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
    device.reduce(op, x, dim, y);
  }

  private static boolean isReducible(ReduceOp op, DType dtype) {
    return switch (op) {
      case ANY, ALL -> dtype == DType.BOOL;
      case SUM, PROD, MAX, MIN, ARGMAX, ARGMIN -> true;
      case SUM_SQUARES, SUM_MAGNITUDES -> dtype.isFloating();
    };
  }

  @Override
  public void moments(Strided x, Strided mean, Strided squares) {
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
    device.moments(x, mean, squares);
  }
}
