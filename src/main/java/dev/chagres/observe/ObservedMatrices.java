package dev.chagres.observe;

import dev.chagres.backend.MatrixKernels;
import dev.chagres.backend.Strided;

/** Products of matrices, which an observer is shown. */
record ObservedMatrices(MatrixKernels device, Observer observer) implements MatrixKernels {
  @Override
  public void matmul(double alpha, Strided a, Strided b, double beta, Strided y) {
    observer.kernel(
        () -> device.matmul(alpha, a, b, beta, y),
        () -> {
          Work work = Work.of("matmul", a).touches(a, b);
          work = beta == 0 ? work.touches(y) : work.updates(y);
          return work.multiplies(y.numel() * a.shape().size(-1));
        });
  }

  @Override
  public void linear(Strided a, Strided b, Strided bias, Strided y) {
    observer.kernel(
        () -> device.linear(a, b, bias, y),
        () -> {
          Work work = Work.of("linear", a).touches(a, b, bias, y);
          // The CPU copies the bias into the result, to which it adds the product.
          work = y.storage().device().isCpu() ? work.rereads(y).rereads(y) : work;
          return work.multiplies(y.numel() * a.shape().size(-1));
        });
  }
}
