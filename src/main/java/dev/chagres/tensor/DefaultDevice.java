package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Device;
import org.jspecify.annotations.Nullable;

/**
 * On which device tensors are made that are made of numbers alone, as by {@link Tensor#zeros}, and
 * the parameters of layers: the CPU, unless the program, or a part of it on its thread, chooses
 * another one:
 *
 * <pre>{@code
 * try (var _ = DefaultDevice.use(Device.cuda(0))) {
 *   ... // PyTorch's with torch.device("cuda")
 * }
 * }</pre>
 */
public final class DefaultDevice implements AutoCloseable {
  private static final ThreadLocal<@Nullable DefaultDevice> INNERMOST = new ThreadLocal<>();
  private static volatile Device ofProcess = Device.cpu();

  private final Device device;
  private final @Nullable DefaultDevice outer;

  private DefaultDevice(Device device, @Nullable DefaultDevice outer) {
    this.device = device;
    this.outer = outer;
  }

  /** Returns the device on which this thread's tensors are made. */
  public static Device get() {
    DefaultDevice here = INNERMOST.get();
    return here == null ? ofProcess : here.device;
  }

  /**
   * Makes tensors on a device from now on, in all threads: PyTorch's {@code set_default_device}.
   *
   * @throws IllegalStateException if it is not available
   */
  public static void set(Device device) {
    ofProcess = usable("set", device);
  }

  /**
   * Makes this thread's tensors on a device until the result is closed, on this thread.
   *
   * @throws IllegalStateException if it is not available
   */
  public static DefaultDevice use(Device device) {
    DefaultDevice here = new DefaultDevice(usable("use", device), INNERMOST.get());
    INNERMOST.set(here);
    return here;
  }

  private static Device usable(String name, Device device) {
    if (given(name, "device", device).isTraced()) {
      throw new IllegalStateException(
          name + ": tensors without elements are made by tracing alone");
    }
    return Backends.usable(name, device);
  }

  /** Goes back to the device before; ends also those that were chosen inside and are in use. */
  @Override
  public void close() {
    for (DefaultDevice each = INNERMOST.get(); each != null; each = each.outer) {
      if (each == this) {
        INNERMOST.set(outer);
        return;
      }
    }
  }
}
