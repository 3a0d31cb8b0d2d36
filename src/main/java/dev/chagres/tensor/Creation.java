package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.Backend;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Array;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** New tensors. */
final class Creation {
  private Creation() {}

  static Tensor empty(Shape shape, DType dtype) {
    return new Tensor(Strided.allocate(shape, dtype));
  }

  /** The shape of these sizes, for an operation that names itself where they are none. */
  static Shape shape(String name, long... sizes) {
    try {
      return Shape.of(given(name, "sizes", sizes));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
    }
  }

  /** A 0-d tensor for an operation, which an error names. */
  static Tensor scalar(String operation, Number value, DType dtype) {
    given(operation, "value", value);
    Strided out = Strided.allocate(Shape.scalar(), dtype);
    fill(out, Scalars.fitting(operation, value, dtype));
    return new Tensor(out);
  }

  static Tensor full(Shape shape, Number value, DType dtype) {
    given("full", "value", value);
    Strided out = Strided.allocate(shape, dtype);
    fill(out, Scalars.fitting("full", value, dtype));
    return new Tensor(out);
  }

  static void fill(Strided out, Number value) {
    if (out.numel() > 0) {
      Backend backend = Backends.cpu();
      Strided constant = backend.constant(value, out.dtype());
      backend.copy(constant.with(constant.layout().expand(out.shape())), out);
    }
  }

  static Tensor eye(long rows, long columns, DType dtype) {
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException(
          "eye: sizes may not be negative: " + rows + ", " + columns);
    }
    Tensor out = full(Shape.of(rows, columns), 0, dtype);
    fill(out.data().with(out.layout().diagonal(0, 0, 1)), 1);
    return out;
  }

  static Tensor arange(Number start, Number end, Number step, DType dtype) {
    given("arange", "start", start);
    given("arange", "end", end);
    given("arange", "step", step);
    if (given("arange", "dtype", dtype) == DType.BOOL) {
      throw new IllegalArgumentException("arange: not defined for bool");
    }
    boolean floating =
        Scalars.isFloating(start)
            || Scalars.isFloating(end)
            || Scalars.isFloating(step)
            || dtype.isFloating();
    long count;
    if (floating) {
      double by = step.doubleValue();
      double span = end.doubleValue() - start.doubleValue();
      if (by == 0 || !Double.isFinite(span) || !Double.isFinite(by) || span / by < 0) {
        throw bounds(start, end, step);
      }
      double number = Math.ceil(span / by);
      if (number >= Long.MAX_VALUE) {
        throw bounds(start, end, step);
      }
      count = (long) number;
    } else {
      long by = step.longValue();
      if (by == 0
          || (by > 0 ? end.longValue() < start.longValue() : end.longValue() > start.longValue())) {
        throw bounds(start, end, step);
      }
      long span = Math.subtractExact(end.longValue(), start.longValue());
      count = Math.ceilDiv(span, by);
    }
    Strided out = Strided.allocate(Shape.of(count), dtype);
    progression(start, step, out);
    return new Tensor(out);
  }

  private static IllegalArgumentException bounds(Number start, Number end, Number step) {
    return new IllegalArgumentException(
        "arange: no finite steps of " + step + " lead from " + start + " to " + end);
  }

  private static void progression(Number start, Number step, Strided out) {
    if (out.numel() > 0) {
      Backends.cpu()
          .arange(
              new Backend.Progression(
                  start.doubleValue(), step.doubleValue(), start.longValue(), step.longValue()),
              out);
    }
  }

  /** 0, 1, … in row-major order, int64. */
  static Tensor positions(Shape shape) {
    Strided out = Strided.allocate(Shape.of(shape.numel()), DType.INT64);
    progression(0, 1, out);
    return new Tensor(out.with(shape.contiguous()));
  }

  /**
   * The first half counts from the start and the second from the end, so that both ends are exact,
   * as in PyTorch.
   */
  static Tensor linspace(double start, double end, long steps, DType dtype) {
    if (steps < 0) {
      throw new IllegalArgumentException("linspace: " + steps + " steps");
    }
    if (!dtype.isFloating()) {
      return Copying.cast(linspace(start, end, steps, DType.FLOAT64), dtype);
    }
    Strided out = Strided.allocate(Shape.of(steps), dtype);
    if (steps == 1) {
      fill(out, start);
    } else if (steps > 1) {
      double step = (end - start) / (steps - 1);
      long half = steps / 2;
      progression(start, step, out.with(out.layout().narrow(0, 0, half)));
      progression(
          end - step * (steps - 1 - half),
          step,
          out.with(out.layout().narrow(0, half, steps - half)));
      fill(out.with(out.layout().narrow(0, steps - 1, 1)), end);
    }
    return new Tensor(out);
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

  /** From a Java array of any depth; without a dtype in that of the elements. */
  static Tensor of(Object source, @Nullable DType dtype) {
    Class<?> element = source.getClass();
    int depth = 0;
    while (element.isArray()) {
      element = element.getComponentType();
      depth++;
    }
    if (depth == 0) {
      throw new IllegalArgumentException(
          "of: a " + element.getName() + " is not an array; a single number is for scalar(...)");
    }
    if (!element.isPrimitive() || element == char.class) {
      throw new IllegalArgumentException(
          "of: an array of " + element.getName() + " holds no primitive numbers");
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
