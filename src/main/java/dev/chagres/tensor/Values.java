package dev.chagres.tensor;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** Elements out to Java: single values, arrays, and the memory itself. */
final class Values {
  private Values() {}

  // ---- the only element

  static double item(Tensor x) {
    checkSingle("item", x);
    Tensor host = onHost(x);
    double value = read(host.dtype(), RawMemory.of(host.storage()), host.layout().offset());
    Reference.reachabilityFence(host);
    return value;
  }

  static boolean isTrue(Tensor x) {
    checkSingle("isTrue", x);
    return item(x) != 0;
  }

  static long itemLong(Tensor x) {
    checkSingle("itemLong", x);
    if (x.dtype().isFloating()) {
      return integer(item(x));
    }
    Tensor host = onHost(x);
    long value = readLong(host.dtype(), RawMemory.of(host.storage()), host.layout().offset());
    Reference.reachabilityFence(host);
    return value;
  }

  private static long integer(double value) {
    // 2^63 itself does not fit, -2^63 does
    if (!(value >= -0x1p63 && value < 0x1p63)) {
      throw new ArithmeticException("itemLong: " + value + " is not in the range of int64");
    }
    return (long) value;
  }

  private static void checkSingle(String name, Tensor x) {
    if (x.numel() != 1) {
      throw new IllegalStateException(
          name + ": a tensor of shape " + x.shape() + " has " + x.numel() + " elements, not one");
    }
  }

  private static double read(DType dtype, MemorySegment memory, long index) {
    return switch (dtype) {
      case FLOAT64 -> memory.getAtIndex(ValueLayout.JAVA_DOUBLE, index);
      case FLOAT32 -> memory.getAtIndex(ValueLayout.JAVA_FLOAT, index);
      case FLOAT16 -> Float.float16ToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, index));
      // a bfloat16 is the upper half of a float
      case BFLOAT16 ->
          Float.intBitsToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, index) << Short.SIZE);
      case BOOL, UINT8, INT8, INT16, INT32, INT64 -> readLong(dtype, memory, index);
    };
  }

  private static long readLong(DType dtype, MemorySegment memory, long index) {
    return switch (dtype) {
      case BOOL -> memory.get(ValueLayout.JAVA_BYTE, index) == 0 ? 0 : 1;
      case UINT8 -> Byte.toUnsignedLong(memory.get(ValueLayout.JAVA_BYTE, index));
      case INT8 -> memory.get(ValueLayout.JAVA_BYTE, index);
      case INT16 -> memory.getAtIndex(ValueLayout.JAVA_SHORT, index);
      case INT32 -> memory.getAtIndex(ValueLayout.JAVA_INT, index);
      case INT64 -> memory.getAtIndex(ValueLayout.JAVA_LONG, index);
      case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 ->
          throw new IllegalStateException(dtype + " is read as a floating number");
    };
  }

  // ---- arrays

  static float[] floats(Tensor x) {
    return array(
        "toFloatArray",
        x,
        DType.FLOAT32,
        float[]::new,
        (from, to) -> MemorySegment.copy(from, ValueLayout.JAVA_FLOAT, 0, to, 0, to.length));
  }

  static double[] doubles(Tensor x) {
    return array(
        "toDoubleArray",
        x,
        DType.FLOAT64,
        double[]::new,
        (from, to) -> MemorySegment.copy(from, ValueLayout.JAVA_DOUBLE, 0, to, 0, to.length));
  }

  static long[] longs(Tensor x) {
    return array(
        "toLongArray",
        x,
        DType.INT64,
        long[]::new,
        (from, to) -> MemorySegment.copy(from, ValueLayout.JAVA_LONG, 0, to, 0, to.length));
  }

  static int[] ints(Tensor x) {
    return array(
        "toIntArray",
        x,
        DType.INT32,
        int[]::new,
        (from, to) -> MemorySegment.copy(from, ValueLayout.JAVA_INT, 0, to, 0, to.length));
  }

  static boolean[] booleans(Tensor x) {
    byte[] flags =
        array(
            "toBooleanArray",
            x,
            DType.BOOL,
            byte[]::new,
            (from, to) -> MemorySegment.copy(from, ValueLayout.JAVA_BYTE, 0, to, 0, to.length));
    boolean[] values = new boolean[flags.length];
    for (int i = 0; i < flags.length; i++) {
      values[i] = flags[i] != 0;
    }
    return values;
  }

  static Object list(Tensor x) {
    long lists = 1;
    for (long size : x.shape().toArray()) {
      Joining.checkCount("tolist", size);
      lists *= size;
      Joining.checkCount("tolist", lists);
    }
    IntFunction<Object> elements =
        switch (x.dtype().kind()) {
          case BOOL -> elements(booleans(x));
          case INTEGER -> elements(longs(x));
          case FLOATING -> elements(doubles(x));
        };
    return nested(elements, x.shape().toArray(), 0, 0);
  }

  private static IntFunction<Object> elements(boolean[] array) {
    return i -> array[i];
  }

  private static IntFunction<Object> elements(long[] array) {
    return i -> array[i];
  }

  private static IntFunction<Object> elements(double[] array) {
    return i -> array[i];
  }

  /** The elements from {@code first} on, as lists of the dimensions from {@code dim} on. */
  private static Object nested(IntFunction<Object> elements, long[] sizes, int dim, int first) {
    if (dim == sizes.length) {
      return elements.apply(first);
    }
    int step = 1;
    for (int i = dim + 1; i < sizes.length; i++) {
      step *= (int) sizes[i];
    }
    boolean last = dim == sizes.length - 1;
    List<Object> list = new ArrayList<>();
    for (int i = 0; i < sizes[dim]; i++) {
      int at = first + i * step;
      list.add(last ? elements.apply(at) : nested(elements, sizes, dim + 1, at));
    }
    return list;
  }

  /** Copies all of a segment into an array. */
  @FunctionalInterface
  private interface Transfer<A> {
    void copy(MemorySegment from, A to);
  }

  private static <A> A array(
      String name, Tensor x, DType dtype, IntFunction<A> allocation, Transfer<A> transfer) {
    if (x.numel() > Integer.MAX_VALUE) {
      throw new IllegalStateException(
          name
              + ": a Java array cannot hold the "
              + x.numel()
              + " elements of shape "
              + x.shape()
              + "; use readOnlySegment()");
    }
    A values = allocation.apply((int) x.numel());
    if (x.numel() == 0) {
      return values;
    }
    Tensor source = onHost(x).detach();
    Tensor dense = Copying.contiguous(source, dtype);
    transfer.copy(dense.data().pointer(), values);
    Reference.reachabilityFence(dense);
    for (Tensor copy : List.of(dense, source)) {
      if (!copy.storage().sharesMemory(x.storage())) {
        copy.storage().free();
      }
    }
    return values;
  }

  // ---- the memory

  static MemorySegment segment(Tensor x) {
    MemorySegment memory = exposed("segment", x);
    if (!x.storage().isReadOnly()) {
      RawMemory.bumpVersion(x.storage());
    }
    return memory;
  }

  static MemorySegment readOnlySegment(Tensor x) {
    return exposed("readOnlySegment", x).asReadOnly();
  }

  private static MemorySegment exposed(String name, Tensor x) {
    if (!x.device().isCpu()) {
      throw new UnsupportedOperationException(
          name
              + ": the CPU cannot touch the memory of "
              + x.device()
              + "; take that of a copy, cpu()");
    }
    if (!x.isContiguous()) {
      throw new IllegalStateException(
          name
              + ": the elements of a tensor with "
              + x.layout()
              + " do not lie in row-major order without gaps; call contiguous() first");
    }
    MemorySegment memory = x.storage().expose();
    long size = x.dtype().size();
    long offset = x.numel() == 0 ? 0 : x.layout().offset() * size;
    return memory.asSlice(offset, x.numel() * size);
  }

  private static Tensor onHost(Tensor x) {
    return x.device().isCpu() ? x : x.to(Device.cpu());
  }
}
