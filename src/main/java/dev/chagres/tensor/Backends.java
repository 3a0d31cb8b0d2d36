package dev.chagres.tensor;

import dev.chagres.backend.Backend;
import dev.chagres.backend.cpu.CpuBackend;
import dev.chagres.backend.cuda.CudaRuntime;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.observe.Observation;
import java.util.List;

/** The backend of each device, through which whoever observes kernels sees them. */
final class Backends {
  static {
    Observation.followFlightRecorder();
  }

  private Backends() {}

  /**
   * Returns the backend of a device, made ready if it must be.
   *
   * @throws IllegalStateException if the device is not available, with the reason
   */
  static Backend of(Device device) {
    return switch (device.type()) {
      case CPU -> cpu();
      case CUDA -> Observation.of(CudaRuntime.backend(device));
      case TRACED -> Tracing.backend();
    };
  }

  /**
   * Returns a device if it is available, made ready.
   *
   * @throws IllegalStateException if it is not, with the reason
   */
  static Device usable(String operation, Device device) {
    try {
      of(device);
      return device;
    } catch (IllegalStateException e) {
      throw new IllegalStateException(operation + ": " + e.getMessage(), e);
    }
  }

  static Backend cpu() {
    return Observation.of(CpuBackend.instance());
  }

  /** The one device of two operands. */
  static Backend of(String operation, Tensor a, Tensor b) {
    return of(together(operation, a, b));
  }

  /**
   * The one device of two operands.
   *
   * @throws IllegalArgumentException if there are two
   */
  static Device together(String operation, Tensor a, Tensor b) {
    Device device = a.device();
    if (!device.equals(b.device())) {
      if (device.isTraced() || b.device().isTraced()) {
        throw Tracing.stranger();
      }
      throw new IllegalArgumentException(
          operation + ": operands are on different devices, " + device + " and " + b.device());
    }
    return device;
  }

  /**
   * The one device of operands, of which numbers on the CPU may join the others.
   *
   * @throws IllegalArgumentException if there are two
   */
  static Device together(String operation, List<Tensor> operands) {
    Tensor first = operands.getFirst();
    for (Tensor operand : operands) {
      if (!joins(operand, first.device())) {
        if (!joins(first, operand.device())) {
          return together(operation, first, operand); // which throws
        }
        first = operand;
      }
    }
    return first.device();
  }

  private static boolean joins(Tensor operand, Device device) {
    return operand.device().equals(device)
        || operand.dim() == 0 && operand.device().isCpu() && !device.isTraced();
  }

  /**
   * Returns an operand where another one is: as in PyTorch a 0-d tensor of the CPU, which is a
   * number, joins operands of any device, to be read only. Any other is returned as it is.
   */
  static Tensor joined(Tensor operand, Device device) {
    if (operand.dim() != 0 || device.isCpu() || device.isTraced() || !operand.device().isCpu()) {
      return operand;
    }
    if (operand.requiresGrad()) {
      return Copying.moved(operand, device);
    }
    DType dtype = operand.dtype();
    Number value = dtype.isFloating() ? (Number) operand.item() : (Number) operand.itemLong();
    return new Tensor(of(device).transfers().constant(value, dtype));
  }
}
