package dev.chagres.backend.cpu;

import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Single values in memory. The last value of each place in a small table is kept, so that the
 * frequent ones (0, 1, a learning rate) cost a look; memory belongs to the garbage collector, since
 * a tape may hold a constant longer than the table does.
 */
final class Constants {
  private static final int PLACES = 512;

  private final AtomicReferenceArray<Entry> table = new AtomicReferenceArray<>(PLACES);

  /** A value that was asked for: a whole number or the bits of a double. */
  private record Entry(DType dtype, boolean whole, long bits, Strided value) {}

  Strided get(Number value, DType dtype) {
    boolean whole =
        value instanceof Integer
            || value instanceof Long
            || value instanceof Short
            || value instanceof Byte;
    long bits = whole ? value.longValue() : Double.doubleToRawLongBits(value.doubleValue());
    int place = place(bits, dtype, whole);
    Entry entry = table.getAcquire(place);
    if (entry == null || entry.bits != bits || entry.dtype != dtype || entry.whole != whole) {
      entry = new Entry(dtype, whole, bits, create(whole, bits, dtype));
      table.setRelease(place, entry);
    }
    return entry.value;
  }

  /** Returns a constant as another dtype, with memory of its own. */
  static Strided converted(Strided constant, DType dtype) {
    MemorySegment memory = Arena.ofAuto().allocate(64, 64);
    Kernels.copy1d(constant.dtype(), dtype, 1, constant.pointer(), 1, memory, 1);
    return scalar(memory, dtype);
  }

  private static int place(long bits, DType dtype, boolean whole) {
    long mixed = (bits * 31 + dtype.ordinal() * 2L + (whole ? 1 : 0)) * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 55);
  }

  /**
   * Lets the kernel for casts convert, so that a constant equals a cast of the same number in a
   * tensor.
   */
  private static Strided create(boolean whole, long bits, DType dtype) {
    MemorySegment memory = Arena.ofAuto().allocate(64, 64);
    MemorySegment source = memory.asSlice(32);
    source.set(ValueLayout.JAVA_LONG, 0, bits);
    Kernels.copy1d(whole ? DType.INT64 : DType.FLOAT64, dtype, 1, source, 1, memory, 1);
    return scalar(memory, dtype);
  }

  private static Strided scalar(MemorySegment memory, DType dtype) {
    return new Strided(
        Storage.wrap(memory.asSlice(0, dtype.size())), dtype, Shape.scalar().contiguous());
  }
}
