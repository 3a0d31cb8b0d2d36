package dev.chagres.tensor;

import dev.chagres.backend.Backend;
import dev.chagres.backend.cpu.CpuBackend;
import dev.chagres.core.Device;
import dev.chagres.observe.Observation;

/** The backend of each device, through which whoever observes kernels sees them. */
final class Backends {
  static {
    Observation.followFlightRecorder();
  }

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
    return Observation.of(CpuBackend.instance());
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
