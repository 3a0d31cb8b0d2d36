package dev.chagres.backend.cpu;

import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.testing.Cells;
import dev.chagres.testing.Indices;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

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

  /** Calls with every index in row-major order. */
  static void forEach(Shape shape, Consumer<long[]> action) {
    Indices.forEach(shape.toArray(), action);
  }

  private static long position(Strided x, long[] index) {
    long position = x.layout().offset();
    for (int i = 0; i < index.length; i++) {
      position += index[i] * x.layout().stride(i);
    }
    return position;
  }

  static double get(Strided x, long... index) {
    return Cells.read(RawMemory.of(x.storage()), x.dtype(), position(x, index));
  }

  static void set(Strided x, double value, long... index) {
    Cells.write(RawMemory.of(x.storage()), x.dtype(), position(x, index), value);
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
