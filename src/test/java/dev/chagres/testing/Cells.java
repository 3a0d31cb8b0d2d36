package dev.chagres.testing;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.LongConsumer;

/**
 * Reads and writes the elements of tensors one by one, in plain Java and apart from every kernel:
 * what the tests believe when a kernel says otherwise.
 */
public final class Cells {
  private Cells() {}

  /**
   * Returns a contiguous tensor of these numbers on the default device, each rounded to the dtype.
   */
  public static Tensor tensor(DType dtype, long[] sizes, double... values) {
    Tensor tensor = Tensor.empty(Device.cpu(), dtype, sizes);
    MemorySegment memory = RawMemory.of(tensor.storage());
    for (int i = 0; i < values.length; i++) {
      write(memory, dtype, i, values[i]);
    }
    return tensor.to(DefaultDevice.get());
  }

  /**
   * Returns a contiguous tensor of these integers on the default device, each cut to the dtype's
   * width.
   */
  public static Tensor tensor(DType dtype, long[] sizes, long... values) {
    Tensor tensor = Tensor.empty(Device.cpu(), dtype, sizes);
    MemorySegment memory = RawMemory.of(tensor.storage());
    for (int i = 0; i < values.length; i++) {
      writeLong(memory, dtype, i, values[i]);
    }
    return tensor.to(DefaultDevice.get());
  }

  /** Returns the elements in row-major order. */
  public static double[] doubles(Tensor tensor) {
    Tensor here = here(tensor);
    double[] values = new double[Math.toIntExact(tensor.numel())];
    MemorySegment memory = RawMemory.of(here.storage());
    int[] at = {0};
    forEachPosition(
        here.layout(), position -> values[at[0]++] = read(memory, tensor.dtype(), position));
    return values;
  }

  /** Returns the elements of an integer or bool tensor in row-major order. */
  public static long[] longs(Tensor tensor) {
    Tensor here = here(tensor);
    long[] values = new long[Math.toIntExact(tensor.numel())];
    MemorySegment memory = RawMemory.of(here.storage());
    int[] at = {0};
    forEachPosition(
        here.layout(), position -> values[at[0]++] = readLong(memory, tensor.dtype(), position));
    return values;
  }

  /** Returns the bits of every element in row-major order. */
  public static long[] bits(Tensor tensor) {
    Tensor here = here(tensor);
    long[] values = new long[Math.toIntExact(tensor.numel())];
    MemorySegment memory = RawMemory.of(here.storage());
    int size = tensor.dtype().size();
    int[] at = {0};
    forEachPosition(here.layout(), position -> values[at[0]++] = readBits(memory, size, position));
    return values;
  }

  /** Returns a tensor whose memory can be read here: a copy of one on a GPU. */
  private static Tensor here(Tensor tensor) {
    return tensor.isCpu() ? tensor : tensor.detach().cpu();
  }

  /** Calls with the position of every element in row-major order. */
  public static void forEachPosition(Layout layout, LongConsumer action) {
    if (layout.numel() > 0) {
      walk(layout.shape(), layout.strides(), 0, layout.offset(), action);
    }
  }

  private static void walk(Shape shape, long[] strides, int dim, long at, LongConsumer action) {
    if (dim == strides.length) {
      action.accept(at);
      return;
    }
    long size = shape.size(dim);
    for (long i = 0; i < size; i++) {
      walk(shape, strides, dim + 1, at + i * strides[dim], action);
    }
  }

  public static double read(MemorySegment memory, DType dtype, long at) {
    return switch (dtype) {
      case FLOAT64 -> memory.getAtIndex(ValueLayout.JAVA_DOUBLE, at);
      case FLOAT32 -> memory.getAtIndex(ValueLayout.JAVA_FLOAT, at);
      case FLOAT16 -> Float.float16ToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, at));
      case BFLOAT16 ->
          Float.intBitsToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, at) << Short.SIZE);
      case BOOL, UINT8, INT8, INT16, INT32, INT64 -> readLong(memory, dtype, at);
    };
  }

  private static long readLong(MemorySegment memory, DType dtype, long at) {
    return switch (dtype) {
      case BOOL -> bool(memory.get(ValueLayout.JAVA_BYTE, at));
      case UINT8 -> Byte.toUnsignedLong(memory.get(ValueLayout.JAVA_BYTE, at));
      case INT8 -> memory.get(ValueLayout.JAVA_BYTE, at);
      case INT16 -> memory.getAtIndex(ValueLayout.JAVA_SHORT, at);
      case INT32 -> memory.getAtIndex(ValueLayout.JAVA_INT, at);
      case INT64 -> memory.getAtIndex(ValueLayout.JAVA_LONG, at);
      case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 ->
          throw new IllegalArgumentException(dtype + " is not an integer type");
    };
  }

  /** A bool is one of two bytes; anything else would be a defect of the kernel that wrote it. */
  private static long bool(byte value) {
    if (value != 0 && value != 1) {
      throw new AssertionError("a bool holds the byte " + value);
    }
    return value;
  }

  private static long readBits(MemorySegment memory, int size, long at) {
    return switch (size) {
      case 1 -> memory.get(ValueLayout.JAVA_BYTE, at);
      case 2 -> memory.getAtIndex(ValueLayout.JAVA_SHORT, at);
      case 4 -> memory.getAtIndex(ValueLayout.JAVA_INT, at);
      default -> memory.getAtIndex(ValueLayout.JAVA_LONG, at);
    };
  }

  static void writeBits(MemorySegment memory, int size, long at, long bits) {
    switch (size) {
      case 1 -> memory.set(ValueLayout.JAVA_BYTE, at, (byte) bits);
      case 2 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, at, (short) bits);
      case 4 -> memory.setAtIndex(ValueLayout.JAVA_INT, at, (int) bits);
      default -> memory.setAtIndex(ValueLayout.JAVA_LONG, at, bits);
    }
  }

  public static void write(MemorySegment memory, DType dtype, long at, double value) {
    switch (dtype) {
      case FLOAT64 -> memory.setAtIndex(ValueLayout.JAVA_DOUBLE, at, value);
      case FLOAT32 -> memory.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) value);
      case FLOAT16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, at, Floats.half(value));
      case BFLOAT16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, at, Floats.brain(value));
      case BOOL -> memory.set(ValueLayout.JAVA_BYTE, at, (byte) (value != 0 ? 1 : 0));
      case UINT8, INT8, INT16, INT32, INT64 -> writeLong(memory, dtype, at, (long) value);
    }
  }

  private static void writeLong(MemorySegment memory, DType dtype, long at, long value) {
    switch (dtype) {
      case BOOL -> memory.set(ValueLayout.JAVA_BYTE, at, (byte) (value != 0 ? 1 : 0));
      case UINT8, INT8 -> memory.set(ValueLayout.JAVA_BYTE, at, (byte) value);
      case INT16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, at, (short) value);
      case INT32 -> memory.setAtIndex(ValueLayout.JAVA_INT, at, (int) value);
      case INT64 -> memory.setAtIndex(ValueLayout.JAVA_LONG, at, value);
      case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 -> write(memory, dtype, at, (double) value);
    }
  }

  /** Returns an integer as a dtype holds it: cut to its width, with or without a sign. */
  public static long wrap(DType dtype, long value) {
    return switch (dtype) {
      case BOOL -> value != 0 ? 1 : 0;
      case UINT8 -> value & 0xff;
      case INT8 -> (byte) value;
      case INT16 -> (short) value;
      case INT32 -> (int) value;
      default -> value;
    };
  }

  /** Returns a number as a dtype holds it. */
  public static double wrapped(DType dtype, double value) {
    return dtype.isFloating() ? Floats.round(dtype, value) : wrap(dtype, (long) value);
  }
}
