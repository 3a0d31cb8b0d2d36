package dev.chagres.backend.cpu;

import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Arrays for the tests of this package: made in every layout, read and written one element at a
 * time in plain Java.
 */
final class TestArrays {
  private TestArrays() {}

  /** How the elements of an array lie. */
  enum Form {
    CONTIGUOUS,
    TRANSPOSED,
    SLICED,
    EXPANDED
  }

  /** Visits an index of each dimension. */
  @FunctionalInterface
  interface IndexAction {
    void accept(long[] index);
  }

  static void forEach(Shape shape, IndexAction action) {
    if (shape.numel() == 0) {
      return;
    }
    long[] index = new long[shape.dim()];
    while (true) {
      action.accept(index);
      int axis = index.length - 1;
      while (axis >= 0 && ++index[axis] == shape.size(axis)) {
        index[axis--] = 0;
      }
      if (axis < 0) {
        return;
      }
    }
  }

  private static long byteOffset(Strided x, long[] index) {
    long position = x.layout().offset();
    for (int i = 0; i < index.length; i++) {
      position += index[i] * x.layout().stride(i);
    }
    return position * x.dtype().size();
  }

  static double get(Strided x, long... index) {
    MemorySegment memory = RawMemory.of(x.storage());
    long at = byteOffset(x, index);
    return switch (x.dtype()) {
      case BOOL, INT8 -> memory.get(ValueLayout.JAVA_BYTE, at);
      case UINT8 -> memory.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
      case INT16 -> memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at);
      case INT32 -> memory.get(ValueLayout.JAVA_INT_UNALIGNED, at);
      case INT64 -> memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
      case FLOAT16 -> Float.float16ToFloat(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at));
      case BFLOAT16 -> Float.intBitsToFloat(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) << 16);
      case FLOAT32 -> memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
      case FLOAT64 -> memory.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, at);
    };
  }

  static void set(Strided x, double value, long... index) {
    MemorySegment memory = RawMemory.of(x.storage());
    long at = byteOffset(x, index);
    switch (x.dtype()) {
      case BOOL -> memory.set(ValueLayout.JAVA_BYTE, at, (byte) (value != 0 ? 1 : 0));
      case UINT8, INT8 -> memory.set(ValueLayout.JAVA_BYTE, at, (byte) (long) value);
      case INT16 -> memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) (long) value);
      case INT32 -> memory.set(ValueLayout.JAVA_INT_UNALIGNED, at, (int) (long) value);
      case INT64 -> memory.set(ValueLayout.JAVA_LONG_UNALIGNED, at, (long) value);
      case FLOAT16 ->
          memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16((float) value));
      case BFLOAT16 ->
          memory.set(
              ValueLayout.JAVA_SHORT_UNALIGNED,
              at,
              (short) (Float.floatToRawIntBits((float) value) >>> 16));
      case FLOAT32 -> memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, (float) value);
      case FLOAT64 -> memory.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, at, value);
    }
  }

  static Strided empty(DType dtype, long... sizes) {
    return Strided.allocate(Shape.of(sizes), dtype);
  }

  /** Returns an array of small numbers that every dtype holds exactly. */
  static Strided random(Random random, DType dtype, long... sizes) {
    return random(random, dtype, Shape.of(sizes), Form.CONTIGUOUS);
  }

  static Strided random(Random random, DType dtype, Shape shape, Form form) {
    Strided x = uninitialised(dtype, shape, form);
    forEach(
        shape,
        index -> {
          double value =
              switch (dtype.kind()) {
                case BOOL -> random.nextInt(2);
                case INTEGER -> random.nextInt(dtype == DType.UINT8 ? 0 : -9, 10);
                case FLOATING -> random.nextInt(-64, 65) / 16.0;
              };
          set(x, value, index);
        });
    return x;
  }

  /** Returns an array of a shape whose elements lie as the form says. */
  static Strided uninitialised(DType dtype, Shape shape, Form form) {
    int rank = shape.dim();
    return switch (form) {
      case CONTIGUOUS -> Strided.allocate(shape, dtype);
      case TRANSPOSED -> {
        int[] reverse = new int[rank];
        long[] sizes = new long[rank];
        for (int i = 0; i < rank; i++) {
          reverse[i] = rank - 1 - i;
          sizes[i] = shape.size(rank - 1 - i);
        }
        Strided base = Strided.allocate(Shape.of(sizes), dtype);
        yield base.with(base.layout().permute(reverse));
      }
      case SLICED -> {
        long[] sizes = new long[rank];
        for (int i = 0; i < rank; i++) {
          sizes[i] = 2 * shape.size(i) + 3;
        }
        Strided base = Strided.allocate(Shape.of(sizes), dtype);
        Layout layout = base.layout();
        for (int i = 0; i < rank; i++) {
          layout = layout.slice(i, 2, 2 + 2 * shape.size(i), 2);
        }
        yield base.with(layout);
      }
      case EXPANDED -> {
        long[] sizes = shape.toArray();
        for (int i = 0; i < rank; i += 2) {
          sizes[i] = 1;
        }
        Strided base = Strided.allocate(Shape.of(sizes), dtype);
        yield base.with(base.layout().expand(shape));
      }
    };
  }

  /** Returns the elements in row-major order. */
  static double[] values(Strided x) {
    List<Double> values = new ArrayList<>();
    forEach(x.shape(), index -> values.add(get(x, index)));
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  static Strided of(DType dtype, Shape shape, double... values) {
    Strided x = Strided.allocate(shape, dtype);
    int[] next = {0};
    forEach(shape, index -> set(x, values[next[0]++], index));
    return x;
  }

  /** Returns an array over memory that ends with its last element. */
  static Strided wrap(MemorySegment memory, DType dtype, long... sizes) {
    return new Strided(Storage.wrap(memory), dtype, Shape.of(sizes).contiguous());
  }
}
