package dev.chagres.observe;

import dev.chagres.backend.Strided;
import dev.chagres.backend.TransferKernels;
import dev.chagres.core.DType;

/** Transfers, which an observer is shown. */
record ObservedTransfers(TransferKernels device, Observer observer) implements TransferKernels {
  @Override
  public Strided constant(Number value, DType dtype) {
    return device.constant(value, dtype);
  }

  @Override
  public void transfer(Strided x, Strided y) {
    observer.kernel(() -> device.transfer(x, y), () -> Work.of("transfer", x).touches(x, y));
  }

  @Override
  public void transferLater(Strided x, Strided y) {
    observer.kernel(() -> device.transferLater(x, y), () -> Work.of("transfer", x).touches(x, y));
  }
}
