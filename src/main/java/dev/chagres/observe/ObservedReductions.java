package dev.chagres.observe;

import dev.chagres.backend.ElementwiseOp;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.ReductionKernels;
import dev.chagres.backend.Strided;

/** Reductions, which an observer is shown. */
record ObservedReductions(ReductionKernels device, Observer observer) implements ReductionKernels {
  @Override
  public void reduce(ReduceOp op, Strided x, int dim, Strided y) {
    observer.kernel(
        () -> device.reduce(op, x, dim, y),
        () -> Work.of(ElementwiseOp.methodName(op.name()), x).touches(x, y));
  }

  @Override
  public void moments(Strided x, Strided mean, Strided squares) {
    observer.kernel(
        () -> device.moments(x, mean, squares),
        () -> Work.of("moments", x).touches(x, mean, squares));
  }
}
