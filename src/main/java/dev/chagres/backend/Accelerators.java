package dev.chagres.backend;

import dev.chagres.core.Device;
import dev.chagres.memory.raw.Allocator;
import dev.chagres.memory.raw.Allocators;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The devices beside the CPU: what has memory and kernels of its own is installed here. */
public final class Accelerators {
  private static final Map<Device, Backend> INSTALLED = new ConcurrentHashMap<>();

  private Accelerators() {}

  /**
   * Makes a device available to tensors, whose operands are looked at before its backend gets them.
   *
   * @param allocator of its memory
   * @param backend whose operands are all in that memory
   * @throws IllegalStateException if the device is there already
   */
  public static void install(Allocator allocator, Backend backend) {
    Allocators.install(allocator);
    INSTALLED.put(allocator.device(), backend.checked());
  }

  /** Returns what computes on a device, or null if it is not there. */
  public static @Nullable Backend of(Device device) {
    return INSTALLED.get(device);
  }
}
