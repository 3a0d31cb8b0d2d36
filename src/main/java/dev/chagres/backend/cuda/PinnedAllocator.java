package dev.chagres.backend.cuda;

import dev.chagres.core.Device;
import dev.chagres.memory.Memory;
import dev.chagres.memory.raw.Allocator;
import java.lang.foreign.MemorySegment;

/**
 * The CPU's memory that the system leaves where it is, so that devices copy from it and to it by
 * themselves. It serves all devices, whichever it was asked of.
 */
final class PinnedAllocator implements Allocator {
  private final CudaDevice device;

  PinnedAllocator(CudaDevice device) {
    this.device = device;
  }

  @Override
  public Device device() {
    return Device.cpu();
  }

  @Override
  public long allocate(long bytes) {
    device.enter();
    return Driver.allocatePinnedOrNone(bytes);
  }

  @Override
  public void free(long address, long bytes) {
    device.enter();
    Driver.freePinned(MemorySegment.ofAddress(address)); // which waits for the work under way
  }

  @Override
  @SuppressWarnings("restricted")
  public MemorySegment view(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  @Override
  public long capacity() {
    return Memory.limit();
  }
}
