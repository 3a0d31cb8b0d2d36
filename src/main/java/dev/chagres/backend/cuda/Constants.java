package dev.chagres.backend.cuda;

import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Single values in a device's memory. The last value of each place in a small table is kept; memory
 * belongs to the garbage collector, since a tape may hold a constant longer than the table does.
 */
final class Constants {
  private static final int PLACES = 512;

  private final CudaDevice device;
  private final AtomicReferenceArray<@Nullable Entry> table = new AtomicReferenceArray<>(PLACES);

  /** A value, by the bits of its dtype. */
  private record Entry(DType dtype, long bits, Strided value) {}

  Constants(CudaDevice device) {
    this.device = device;
  }

  Strided get(Number value, DType dtype) {
    long bits = bits(value, dtype);
    int place = (int) (((bits * 31 + dtype.ordinal()) * 0x9E3779B97F4A7C15L) >>> 55);
    Entry entry = table.getAcquire(place);
    if (entry == null || entry.bits != bits || entry.dtype != dtype) {
      entry = new Entry(dtype, bits, Capture.outside(() -> create(bits, dtype)));
      table.setRelease(place, entry);
    }
    return entry.value;
  }

  private Strided create(long bits, DType dtype) {
    Strided made = Strided.allocate(device.device(), Shape.scalar(), dtype);
    made.storage().escape();
    try (Scratch scratch = Scratch.take(Long.BYTES)) {
      MemorySegment memory = scratch.segment();
      memory.set(ValueLayout.JAVA_LONG, 0, bits);
      device.upload(memory, CudaDevice.address(made), dtype.size());
    }
    return made;
  }

  /** Converts as a cast of a tensor of that number does. */
  static long bits(Number value, DType dtype) {
    boolean whole =
        value instanceof Integer
            || value instanceof Long
            || value instanceof Short
            || value instanceof Byte;
    return switch (dtype) {
      case BOOL -> (whole ? value.longValue() != 0 : value.doubleValue() != 0) ? 1 : 0;
      case UINT8, INT64 -> whole ? value.longValue() : truncated(value.doubleValue());
      case INT8, INT16, INT32 -> whole ? value.longValue() : narrow(value.doubleValue());
      case FLOAT64 -> Double.doubleToRawLongBits(value.doubleValue());
      case FLOAT32 -> Float.floatToRawIntBits(single(value, whole));
      case FLOAT16 -> Float.floatToFloat16(single(value, whole));
      case BFLOAT16 -> bfloat16(single(value, whole));
    };
  }

  private static float single(Number value, boolean whole) {
    return whole ? (float) value.longValue() : (float) value.doubleValue();
  }

  /** As convert.h: what does not fit becomes the least value; narrower types wrap from 32 bits. */
  private static long truncated(double value) {
    return value >= -0x1p63 && value < 0x1p63 ? (long) value : Long.MIN_VALUE;
  }

  private static long narrow(double value) {
    return value > -0x1p31 - 1 && value < 0x1p31 ? (long) value : Integer.MIN_VALUE;
  }

  /** Rounds to the nearest, of two equally near ones to the even one. */
  private static int bfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return 0x7FC0;
    }
    return (bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16;
  }
}
