package dev.chagres.memory.raw;

import dev.chagres.core.Device;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The allocators of devices beside the CPU; a pool is made over each when it is first needed. */
public final class Allocators {
  private static final Map<Device, Allocator> INSTALLED = new ConcurrentHashMap<>();

  private static @Nullable Allocator pinned;

  private Allocators() {}

  /**
   * Makes a device's memory available.
   *
   * @throws IllegalStateException if it is there already
   */
  public static void install(Allocator allocator) {
    Device device = allocator.device();
    if (device.isCpu() || INSTALLED.putIfAbsent(device, allocator) != null) {
      throw new IllegalStateException("the memory of " + device + " is installed already");
    }
  }

  /** Makes memory of the CPU available that GPUs copy from and to; the first one stays. */
  public static synchronized void installPinned(Allocator allocator) {
    if (pinned == null) {
      pinned = allocator;
    }
  }

  /** Returns the allocator of such memory, or null if there is none. */
  public static synchronized @Nullable Allocator pinned() {
    return pinned;
  }

  /** Returns the allocator of a device, or null if there is none. */
  public static @Nullable Allocator of(Device device) {
    return INSTALLED.get(device);
  }
}
