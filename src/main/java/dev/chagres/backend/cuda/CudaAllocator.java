package dev.chagres.backend.cuda;

import dev.chagres.core.Device;
import dev.chagres.memory.raw.Allocator;
import dev.chagres.memory.raw.Lane;
import java.lang.foreign.MemorySegment;

/**
 * A device's memory from the driver. The pools above, one for each stream, keep what they get: a
 * block that is freed may be given out at once, since whoever gets it uses it behind its last user
 * in the stream.
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
  public Lane lane() {
    return device.current();
  }

  @Override
  public long capacity() {
    return device.properties().totalMemory();
  }

  @Override
  public long unused() {
    return device.freeMemory();
  }
}
