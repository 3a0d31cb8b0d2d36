package dev.chagres.backend;

import static dev.chagres.backend.Operands.areAlike;
import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.require;

import dev.chagres.core.DType;

/** Transfers, with operands that are looked at before. */
record CheckedTransfers(TransferKernels device) implements TransferKernels {
  @Override
  public Strided constant(Number value, DType dtype) {
    return device.constant(value, dtype);
  }

  @Override
  public void transfer(Strided x, Strided y) {
    check(x, y);
    device.transfer(x, y);
  }

  @Override
  public void transferLater(Strided x, Strided y) {
    check(x, y);
    device.transferLater(x, y);
  }

  private static void check(Strided x, Strided y) {
    require(areAlike(x, y) && isDense(x) && isDense(y) && isWritable(y), "to", x, y);
  }
}
