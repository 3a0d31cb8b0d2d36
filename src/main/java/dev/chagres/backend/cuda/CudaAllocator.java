package dev.chagres.backend.cuda;

import dev.chagres.core.Device;
import dev.chagres.memory.raw.Allocator;
import java.lang.foreign.MemorySegment;

/**
 * A device's memory from the driver. The pool above keeps what it gets, and all work of the device
 * is in one stream, so a block that is freed may be given out at once: whoever gets it uses it
 * behind its last user.
 */
final class CudaAllocator implements Allocator {
  private final CudaDevice device;

  CudaAllocator(CudaDevice device) {
    this.device = device;
  }

  @Override
  public Device device() {
    return device.device();
  }

  @Override
  public long allocate(long bytes) {
    device.enter();
    return Driver.allocate(bytes);
  }

  @Override
  public void free(long address, long bytes) {
    device.enter();
    Driver.free(address); // which waits for the work that is under way
  }

  @Override
  public MemorySegment view(long address, long bytes) {
    return MemorySegment.ofAddress(address);
  }

  @Override
  public long capacity() {
    return device.properties().totalMemory();
  }
}
