package dev.chagres.backend.cpu;

import dev.chagres.backend.Strided;
import dev.chagres.backend.TransferKernels;
import dev.chagres.core.DType;

/** Numbers that become tensors, and copies within the memory of the CPU. */
record Transfers(Constants constants, Elementwise elementwise) implements TransferKernels {
  @Override
  public Strided constant(Number value, DType dtype) {
    return constants.get(value, dtype);
  }

  @Override
  public void transfer(Strided x, Strided y) {
    if (!x.storage().device().isCpu() || !y.storage().device().isCpu()) {
      throw new IllegalArgumentException(
          "to: the CPU does not reach from "
              + x.storage().device()
              + " to "
              + y.storage().device());
    }
    elementwise.copy(x, y);
  }
}
