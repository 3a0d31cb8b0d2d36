package dev.chagres.tensor;

import dev.chagres.backend.Backend;
import dev.chagres.backend.cpu.CpuBackend;
import dev.chagres.core.Device;

/** The backend of each device. */
final class Backends {
  private Backends() {}

  static Backend of(Device device) {
    return switch (device.type()) {
      case CPU -> cpu();
      case CUDA ->
          throw new IllegalStateException(
              "device: " + device + " is not available: " + Backend.NO_CUDA);
    };
  }

  static Backend cpu() {
    return CpuBackend.instance();
  }

  /** The one device of two operands. */
  static Backend of(String operation, Tensor a, Tensor b) {
    Device device = a.device();
    if (!device.equals(b.device())) {
      throw new IllegalArgumentException(
          operation + ": operands are on different devices, " + a.device() + " and " + b.device());
    }
    return of(device);
  }
}
