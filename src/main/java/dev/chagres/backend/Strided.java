package dev.chagres.backend;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.MemorySegment;

/**
 * Elements in memory: a storage, how its bytes are read, and which of them in which order. A tensor
 * without its gradient side.
 */
public record Strided(Storage storage, DType dtype, Layout layout) {

  /** Checks that all elements lie in the storage: kernels look at nothing but these three. */
  public Strided {
    long end = layout.end();
    long bytes = storage.byteSize();
    // The first comparisons keep the product in range.
    if (layout.start() < 0 || end < 0 || end > bytes || end * dtype.size() > bytes) {
      throw new IllegalArgumentException(
          dtype + " elements of " + layout + " end outside a storage of " + bytes + " bytes");
    }
  }

  /** Returns a new array in the CPU's memory with undefined elements. */
  public static Strided allocate(Shape shape, DType dtype) {
    return allocate(Device.cpu(), shape, dtype);
  }

  /** Returns a new array in a device's memory with undefined elements. */
  public static Strided allocate(Device device, Shape shape, DType dtype) {
    return allocate(device, shape.contiguous(), dtype);
  }

  /**
   * Returns a new array in a device's memory with undefined elements, which lie as a layout says.
   */
  public static Strided allocate(Device device, Layout layout, DType dtype) {
    long bytes = layout.end() * dtype.size();
    return new Strided(Storage.allocate(device, bytes), dtype, layout);
  }

  /** Returns a new array with undefined elements where this one is. */
  public Strided like(Shape shape, DType dtype) {
    return allocate(storage.device(), shape, dtype);
  }

  /** Returns a new array with undefined elements where this one is, which lie as a layout says. */
  public Strided like(Layout layout, DType dtype) {
    return allocate(storage.device(), layout, dtype);
  }

  /** Returns a view of the same storage. */
  public Strided with(Layout view) {
    return view.equals(layout) ? this : new Strided(storage, dtype, view);
  }

  public Shape shape() {
    return layout.shape();
  }

  public long numel() {
    return layout.numel();
  }

  /**
   * Returns the memory from the element on that lies first in it, for the CPU; where there is none,
   * from anywhere.
   *
   * @throws IllegalArgumentException if it is another device's
   */
  public MemorySegment pointer() {
    if (!storage.device().isCpu()) {
      throw new IllegalArgumentException(
          "operands are on different devices, cpu and "
              + storage.device()
              + ": move them with to(device)");
    }
    MemorySegment segment = RawMemory.of(storage);
    long offset = layout.start();
    return offset == 0 || layout.numel() == 0 ? segment : segment.asSlice(offset * dtype.size());
  }
}
