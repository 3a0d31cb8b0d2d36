package dev.chagres.backend.cuda;

/** What to throw where a kernel is missing; nothing is computed on the host in its place. */
final class NotYet {
  private NotYet() {}

  static UnsupportedOperationException on(String operation, CudaDevice device) {
    return new UnsupportedOperationException(
        operation + ": not on cuda yet; copy the operands of " + device + " to the CPU for it");
  }
}
