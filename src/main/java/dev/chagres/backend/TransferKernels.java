package dev.chagres.backend;

import dev.chagres.core.DType;

/** What comes to a device or goes from it: numbers, and arrays of other devices. */
public interface TransferKernels {
  /**
   * Returns a 0-d constant that lives for ever and must not be written; frequent values are shared.
   */
  Strided constant(Number value, DType dtype);

  /**
   * {@code y = x}, of one dtype and shape, where one of them is on this device and the other on
   * this or another one; both are contiguous, and the elements of y are there when this returns if
   * y is on the CPU.
   */
  void transfer(Strided x, Strided y);

  /**
   * The same, but where one is in pinned memory of the CPU this returns before it has been read or
   * written. Whoever changes or reads that memory waits for the device first.
   */
  default void transferLater(Strided x, Strided y) {
    transfer(x, y);
  }
}
