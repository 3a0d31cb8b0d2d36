package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.Backend;
import dev.chagres.backend.ElementKernels.Progression;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Array;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** New tensors. */
final class Creation {
  private Creation() {}

  static Tensor empty(Device device, Shape shape, DType dtype) {
    return new Tensor(Strided.allocate(device, shape, dtype));
  }

  /** Undefined elements that lie as strides say, in memory that just holds them. */
  static Tensor strided(String name, Device device, DType dtype, long[] sizes, long[] strides) {
    given(name, "dtype", dtype);
    given(name, "strides", strides);
    Shape shape = shape(name, sizes);
    Layout layout;
    try {
      layout = Layout.of(shape, strides, 0);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
    }
    return new Tensor(Strided.allocate(device, shape(name, layout.end()), dtype).with(layout));
  }

  /** Undefined elements that lie densely in an order of the dimensions. */
  static Tensor permuted(String name, Device device, DType dtype, long[] sizes, int[] dims) {
    given(name, "dtype", dtype);
    Shape shape = shape(name, sizes);
    given(name, "dims", dims);
    if (!Arrays.equals(
        Arrays.stream(dims).sorted().toArray(), IntStream.range(0, shape.dim()).toArray())) {
      throw new IllegalArgumentException(
          name + ": " + Arrays.toString(dims) + " has not each dimension of " + shape + " once");
    }
    long[] strides = new long[shape.dim()];
    long step = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      int dim = dims[i];
      strides[dim] = step;
      step *= Math.max(1, shape.size(dim));
    }
    return strided(name, device, dtype, sizes, strides);
  }

  /** The shape of these sizes, for an operation that names itself where they are none. */
  static Shape shape(String name, long... sizes) {
    given(name, "sizes", sizes);
    try {
      return Shape.of(sizes);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
    }
  }

  /** The same for a shape that follows from others. */
  static Shape shape(String name, Supplier<Shape> shape) {
    try {
      return shape.get();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
    }
  }

  /**
   * A 0-d tensor for an operation, which an error names: on the CPU, from where it joins operands
   * of any device.
   */
  static Tensor scalar(String operation, Number value, DType dtype) {
    return scalar(Device.cpu(), operation, value, dtype);
  }

  static Tensor scalar(Device device, String operation, Number value, DType dtype) {
    given(operation, "value", value);
    Strided out = Strided.allocate(device, Shape.scalar(), dtype);
    fill(out, Scalars.fitting(operation, value, dtype));
    return new Tensor(out);
  }

  /** A number that an operation takes where its operands are, to be read only. */
  static Tensor constant(Device device, String operation, Number value, DType dtype) {
    Number fitting = Scalars.fitting(operation, given(operation, "value", value), dtype);
    return new Tensor(Backends.of(device).transfers().constant(fitting, dtype));
  }

  static Tensor full(Device device, Shape shape, Number value, DType dtype) {
    given("full", "value", value);
    Strided out = Strided.allocate(device, shape, dtype);
    fill(out, Scalars.fitting("full", value, dtype));
    return new Tensor(out);
  }

  /** The same value everywhere, in the order in which another tensor's elements lie. */
  static Tensor fullLike(Tensor model, Number value, DType dtype) {
    return fullLike(model.device(), model, value, dtype);
  }

  static Tensor fullLike(Device device, Tensor model, Number value, DType dtype) {
    Strided out = Strided.allocate(device, model.layout().dense(), dtype);
    fill(out, Scalars.fitting("fullLike", value, dtype));
    return new Tensor(out);
  }

  static Tensor emptyLike(Tensor model, DType dtype) {
    return new Tensor(model.data().like(model.layout().dense(), dtype));
  }

  static void fill(Strided out, Number value) {
    if (out.numel() > 0) {
      Backend backend = Backends.of(out.storage().device());
      Strided constant = backend.transfers().constant(value, out.dtype());
      backend.elements().copy(constant.with(constant.layout().expand(out.shape())), out);
    }
  }

  static Tensor eye(Device device, long rows, long columns, DType dtype) {
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException(
          "eye: sizes may not be negative: " + rows + ", " + columns);
    }
    Tensor out = full(device, shape("eye", rows, columns), 0, dtype);
    fill(out.data().with(out.layout().diagonal(0, 0, 1)), 1);
    return out;
  }

  /**
   * As in PyTorch an integer dtype counts in integers, whatever the numbers: they lose their
   * fractions first. (A step that is 0 then is refused; PyTorch does so for int64 only, and repeats
   * the start in others.) A floating one counts in float64, {@code start + i * step} rounded once,
   * where PyTorch's last bit depends on the processor's vectors.
   */
  static Tensor arange(Device device, Number start, Number end, Number step, DType dtype) {
    given("arange", "start", start);
    given("arange", "end", end);
    given("arange", "step", step);
    if (given("arange", "dtype", dtype) == DType.BOOL) {
      throw new IllegalArgumentException("arange: not defined for bool");
    }
    long count =
        dtype.isFloating() ? floatingSteps(start, end, step) : steps(start, end, step, dtype);
    if (count < 0) {
      throw bounds(start, end, step);
    }
    Shape shape = shape("arange", count);
    Strided out = Strided.allocate(device, shape, dtype);
    if (dtype.isFloating()) {
      progression(start.doubleValue(), step.doubleValue(), 0, out);
    } else {
      progression(start.longValue(), step.longValue(), out);
    }
    return new Tensor(out);
  }

  /** Returns how many steps there are in integers, or -1 if none leads there. */
  private static long steps(Number start, Number end, Number step, DType dtype) {
    long from = Scalars.fitting("arange", start, DType.INT64).longValue();
    long to = Scalars.fitting("arange", end, DType.INT64).longValue();
    long by = Scalars.fitting("arange", step, DType.INT64).longValue();
    if (by == 0) {
      throw new IllegalArgumentException(
          "arange: the step " + step + " is 0" + (step.doubleValue() == 0 ? "" : " in " + dtype));
    }
    if (dtype != DType.INT64) {
      return floatingSteps(start, end, step); // PyTorch counts these with their fractions
    }
    if (by > 0 ? to < from : to > from) {
      return -1;
    }
    // As unsigned numbers no difference of two longs is out of range.
    long span = by > 0 ? to - from : from - to;
    return span == 0 ? 0 : Long.divideUnsigned(span - 1, Math.abs(by)) + 1;
  }

  /** The same for numbers with fractions. */
  private static long floatingSteps(Number start, Number end, Number step) {
    double by = step.doubleValue();
    double span = end.doubleValue() - start.doubleValue();
    if (by == 0) {
      throw new IllegalArgumentException("arange: the step " + step + " is 0");
    }
    double count = span / by;
    boolean finite = Double.isFinite(span) && Double.isFinite(by);
    return finite && count >= 0 && count < Long.MAX_VALUE ? (long) Math.ceil(count) : -1;
  }

  private static IllegalArgumentException bounds(Number start, Number end, Number step) {
    return new IllegalArgumentException(
        "arange: no finite steps of " + step + " lead from " + start + " to " + end);
  }

  private static void progression(long start, long step, Strided out) {
    progression(new Progression((double) start, (double) step, start, step, 0), out);
  }

  private static void progression(double start, double step, long first, Strided out) {
    progression(new Progression(start, step, 0, 0, first), out);
  }

  private static void progression(Progression progression, Strided out) {
    if (out.numel() > 0) {
      Backends.of(out.storage().device()).elements().arange(progression, out);
    }
  }

  /** 0, 1, … in row-major order, int64. */
  static Tensor positions(Device device, Shape shape) {
    Strided out = Strided.allocate(device, Shape.of(shape.numel()), DType.INT64);
    progression(0, 1, out);
    return new Tensor(out.with(shape.contiguous()));
  }

  /**
   * As in PyTorch the first half counts from the start and the second from the end, so that both
   * are exact; the step is a number of the dtype, or a float64 for integers, which lose their
   * fractions at the end.
   */
  static Tensor linspace(Device device, double start, double end, long steps, DType dtype) {
    checkSteps("linspace", start, end, steps, dtype);
    if (!dtype.isFloating()) {
      return Copying.cast(
          linspace(device, (double) (long) start, (double) (long) end, steps, DType.FLOAT64),
          dtype);
    }
    Strided out = Strided.allocate(device, Shape.of(steps), dtype);
    boolean wide = dtype == DType.FLOAT64;
    double from = wide ? start : (float) start;
    double to = wide ? end : (float) end;
    if (steps == 1) {
      fill(out, from);
    } else if (steps > 1) {
      double step =
          wide
              ? (to - from) / (double) (steps - 1)
              : ((float) to - (float) from) / (float) (steps - 1);
      long half = steps / 2;
      progression(from, step, 0, out.with(out.layout().narrow(0, 0, half)));
      progression(to, step, half - steps + 1, out.with(out.layout().narrow(0, half, steps - half)));
    }
    return new Tensor(out);
  }

  /** The number that a 0-d tensor is. */
  static double bound(String name, Tensor value) {
    if (value.dim() != 0) {
      throw new IllegalArgumentException(
          name + ": a bound is a number or a 0-d tensor, not of shape " + value.shape());
    }
    return value.item();
  }

  /**
   * As in PyTorch the exponents are numbers of a floating dtype, and the bounds are integers for an
   * integer dtype; the powers are reckoned in float64.
   */
  static Tensor logspace(
      Device device, DType dtype, double start, double end, long steps, double base) {
    checkSteps("logspace", start, end, steps, dtype);
    Tensor exponents =
        dtype.isFloating()
            ? linspace(device, start, end, steps, dtype)
            : linspace(device, (double) (long) start, (double) (long) end, steps, DType.FLOAT64);
    Tensor powers = scalar("logspace", base, DType.FLOAT64).pow(exponents.toDouble());
    return Copying.cast(powers, dtype);
  }

  private static void checkSteps(String name, double start, double end, long steps, DType dtype) {
    if (dtype == DType.BOOL) {
      throw new IllegalArgumentException(name + ": not defined for bool");
    }
    if (steps < 0) {
      throw new IllegalArgumentException(name + ": " + steps + " steps");
    }
    Scalars.fitting(name, start, dtype);
    Scalars.fitting(name, end, dtype);
    shape(name, steps);
  }

  static Tensor wrap(MemorySegment segment, DType dtype, Shape shape) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException(
          "of: the memory segment is on the Java heap; pass its array instead");
    }
    if (segment.address() % dtype.size() != 0) {
      throw new IllegalArgumentException(
          "of: the memory segment is not aligned to the " + dtype.size() + " bytes of " + dtype);
    }
    long bytes = shape.numel() * dtype.size();
    if (segment.byteSize() < bytes) {
      throw new IllegalArgumentException(
          "of: the memory segment has "
              + segment.byteSize()
              + " bytes, "
              + dtype
              + " "
              + shape
              + " needs more");
    }
    return new Tensor(new Strided(Storage.wrap(segment), dtype, shape.contiguous()));
  }

  /** A tensor that was made on the CPU, where this thread's tensors are to be. */
  static Tensor here(Tensor made) {
    return Copying.moved(made, DefaultDevice.get());
  }

  /** From a Java array or list of any depth; without a dtype in that of the elements. */
  static Tensor of(Object given, @Nullable DType dtype) {
    Object source = given instanceof List<?> list ? Lists.array(list) : given;
    Class<?> element = source.getClass();
    int depth = 0;
    while (element.isArray()) {
      element = element.getComponentType();
      depth++;
    }
    if (depth == 0) {
      throw new IllegalArgumentException(
          "of: a "
              + element.getName()
              + " is no array or list; a single number is for scalar(...)");
    }
    if (!element.isPrimitive() || element == char.class) {
      throw new IllegalArgumentException(
          "of: an array of "
              + element.getName()
              + " holds no primitive numbers; make it an array of them, as double[], or a list, as"
              + " Arrays.asList(array)");
    }
    long[] sizes = new long[depth];
    Object level = source;
    for (int i = 0; i < depth; i++) {
      sizes[i] = Array.getLength(level);
      if (sizes[i] == 0) {
        break;
      }
      if (i + 1 < depth) {
        level = row(level, 0);
      }
    }
    DType natural = naturalType(element);
    Shape shape = Shape.of(sizes);
    Strided out = Strided.allocate(shape, natural);
    if (shape.numel() > 0) {
      fill(source, sizes, 0, RawMemory.of(out.storage()), 0, natural);
    } else {
      checkEmpty(source, sizes, 0);
    }
    DType wanted =
        dtype != null
            ? dtype
            : element == double.class
                ? DType.FLOAT32
                : element == int.class ? DType.INT64 : natural;
    Tensor values = new Tensor(out);
    checkRange(values, wanted);
    return Copying.cast(values, wanted);
  }

  /** An integer dtype must hold the values: what would wrap or has no integer is a mistake. */
  private static void checkRange(Tensor values, DType wanted) {
    if (wanted.isInteger() && wanted != values.dtype() && values.numel() > 0) {
      boolean floating = values.dtype().isFloating();
      Tensor least = values.dtype() == DType.BOOL ? values.all() : values.amin();
      Tensor greatest = values.dtype() == DType.BOOL ? values.any() : values.amax();
      for (Tensor end : List.of(least, greatest)) {
        Scalars.fitting("of", floating ? (Number) end.item() : (Number) end.itemLong(), wanted);
      }
    }
  }

  private static Object row(Object array, int index) {
    Object row = Array.get(array, index);
    if (row == null) {
      throw new NullPointerException("of: row " + index + " of the array is null");
    }
    return row;
  }

  private static DType naturalType(Class<?> element) {
    if (element == float.class) {
      return DType.FLOAT32;
    } else if (element == double.class) {
      return DType.FLOAT64;
    } else if (element == int.class) {
      return DType.INT32;
    } else if (element == long.class) {
      return DType.INT64;
    } else if (element == short.class) {
      return DType.INT16;
    } else if (element == byte.class) {
      return DType.UINT8;
    }
    return DType.BOOL;
  }

  private static void checkEmpty(Object array, long[] sizes, int depth) {
    if (Array.getLength(array) != sizes[depth]) {
      throw ragged(sizes, depth, Array.getLength(array));
    }
    if (depth + 1 < sizes.length) {
      for (int i = 0; i < sizes[depth]; i++) {
        checkEmpty(row(array, i), sizes, depth + 1);
      }
    }
  }

  private static IllegalArgumentException ragged(long[] sizes, int depth, long length) {
    return new IllegalArgumentException(
        "of: rows at depth " + depth + " have lengths " + sizes[depth] + " and " + length);
  }

  private static long fill(
      Object array, long[] sizes, int depth, MemorySegment to, long offset, DType dtype) {
    int length = Array.getLength(array);
    if (length != sizes[depth]) {
      throw ragged(sizes, depth, length);
    }
    if (depth + 1 < sizes.length) {
      long at = offset;
      for (int i = 0; i < length; i++) {
        at = fill(row(array, i), sizes, depth + 1, to, at, dtype);
      }
      return at;
    }
    switch (array) {
      case float[] a -> MemorySegment.copy(a, 0, to, ValueLayout.JAVA_FLOAT, offset, length);
      case double[] a -> MemorySegment.copy(a, 0, to, ValueLayout.JAVA_DOUBLE, offset, length);
      case int[] a -> MemorySegment.copy(a, 0, to, ValueLayout.JAVA_INT, offset, length);
      case long[] a -> MemorySegment.copy(a, 0, to, ValueLayout.JAVA_LONG, offset, length);
      case short[] a -> MemorySegment.copy(a, 0, to, ValueLayout.JAVA_SHORT, offset, length);
      case byte[] a -> MemorySegment.copy(a, 0, to, ValueLayout.JAVA_BYTE, offset, length);
      case boolean[] a -> {
        for (int i = 0; i < length; i++) {
          to.set(ValueLayout.JAVA_BYTE, offset + i, (byte) (a[i] ? 1 : 0));
        }
      }
      default -> throw new IllegalStateException("of: " + Arrays.toString(sizes));
    }
    return offset + (long) length * dtype.size();
  }
}
