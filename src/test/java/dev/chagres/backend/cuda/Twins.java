package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.fail;

import dev.chagres.backend.Backend;
import dev.chagres.backend.Strided;
import dev.chagres.backend.cpu.CpuBackend;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.testing.Cells;
import dev.chagres.testing.Indices;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;

/**
 * The same operation on the CPU and on the first CUDA device, which is emulated where there is no
 * GPU: what it leaves in the memory of all its operands, elements around them included, must agree.
 */
final class Twins {
  private static final Device DEVICE = Device.cuda(0);

  /** How the elements of an operand lie. */
  enum Form {
    CONTIGUOUS,
    /** Not from an address that 16 bytes divide. */
    OFFSET,
    TRANSPOSED,
    SLICED,
    /** The first of the dimensions, and every other one, has a stride of 0. */
    EXPANDED,
    /** One value for all. */
    SINGLE,
    /** Every stride is negative: of the first operand of a copy only. */
    FLIPPED;

    /** The forms that every operation takes. */
    static final List<Form> USUAL =
        List.of(CONTIGUOUS, OFFSET, TRANSPOSED, SLICED, EXPANDED, SINGLE);
  }

  private Twins() {}

  static Backend cuda() {
    return CudaRuntime.backend(DEVICE);
  }

  // ---- operands

  static Strided empty(DType dtype, long... sizes) {
    Strided x = Strided.allocate(Shape.of(sizes), dtype);
    RawMemory.of(x.storage()).fill((byte) 0);
    return x;
  }

  /** Returns an array of a form, with numbers everywhere in its memory. */
  static Strided of(DType dtype, Form form, DoubleSupplier values, long... sizes) {
    Shape shape = Shape.of(sizes);
    int rank = sizes.length;
    long[] carrier = sizes.clone();
    switch (form) {
      case CONTIGUOUS, FLIPPED -> {}
      case OFFSET -> carrier = new long[] {shape.numel() + 3};
      case TRANSPOSED -> {
        for (int i = 0; i < rank; i++) {
          carrier[i] = sizes[rank - 1 - i];
        }
      }
      case SLICED -> Arrays.setAll(carrier, i -> 2 * sizes[i] + 3);
      case EXPANDED -> Arrays.setAll(carrier, i -> i % 2 == 0 ? Math.min(1, sizes[i]) : sizes[i]);
      case SINGLE -> Arrays.setAll(carrier, i -> Math.min(1, sizes[i]));
    }
    Strided base = Strided.allocate(Shape.of(carrier), dtype);
    for (long i = 0; i < base.numel(); i++) {
      Cells.write(RawMemory.of(base.storage()), dtype, i, values.getAsDouble());
    }
    Layout layout = base.layout();
    switch (form) {
      case CONTIGUOUS -> {}
      case OFFSET -> layout = Layout.of(shape, shape.contiguous().strides(), 1);
      case TRANSPOSED -> {
        int[] reverse = new int[rank];
        Arrays.setAll(reverse, i -> rank - 1 - i);
        layout = layout.permute(reverse);
      }
      case SLICED -> {
        for (int i = 0; i < rank; i++) {
          layout = layout.slice(i, 2, 2 + 2 * sizes[i], 2);
        }
      }
      case EXPANDED, SINGLE -> layout = layout.expand(shape);
      case FLIPPED -> {
        int[] all = new int[rank];
        Arrays.setAll(all, i -> i);
        layout = layout.flip(all);
      }
    }
    return base.with(layout);
  }

  /** Numbers that a dtype holds: small ones, and of floats now and then a special one. */
  static DoubleSupplier numbers(Random random, DType dtype) {
    double[] special = {0, -0.0, 1, -1, Double.NaN, 1e30, -1e30, 1e-30};
    return () ->
        switch (dtype.kind()) {
          case BOOL -> random.nextInt(2);
          case INTEGER -> random.nextInt(dtype == DType.UINT8 ? 0 : -9, 10);
          case FLOATING ->
              random.nextInt(8) == 0
                  ? special[random.nextInt(special.length)]
                  : random.nextInt(-64, 65) / 16.0;
        };
  }

  /** Finite numbers. */
  static DoubleSupplier finite(Random random, DType dtype) {
    DoubleSupplier whole = numbers(random, dtype);
    return dtype.isFloating() ? () -> random.nextInt(-64, 65) / 16.0 : whole;
  }

  static DoubleSupplier indices(Random random, int from, int to) {
    return () -> random.nextInt(from, to);
  }

  static Strided upload(Strided x) {
    long bytes = x.storage().byteSize();
    Storage storage = Storage.allocate(DEVICE, bytes);
    CudaRuntime.device(DEVICE)
        .upload(RawMemory.of(x.storage()), RawMemory.of(storage).address(), bytes);
    return new Strided(storage, x.dtype(), x.layout());
  }

  static Strided download(Strided x) {
    long bytes = x.storage().byteSize();
    Storage storage = Storage.allocate(bytes);
    CudaRuntime.device(DEVICE)
        .download(RawMemory.of(x.storage()).address(), RawMemory.of(storage), bytes);
    return new Strided(storage, x.dtype(), x.layout());
  }

  // ---- comparison

  /** An operation on operands, some of which it writes. */
  @FunctionalInterface
  interface Call {
    void run(Backend backend, Strided... operands);
  }

  /**
   * Compares what a call leaves.
   *
   * @param steps how far results may be apart, in steps of their dtype, relative to the greater of
   *     them and {@code scale}
   */
  static void check(String what, double steps, double scale, Call call, Strided... operands) {
    Backend cuda = cuda();
    Strided[] onDevice = Arrays.stream(operands).map(Twins::upload).toArray(Strided[]::new);
    call.run(CpuBackend.instance(), operands);
    call.run(cuda, onDevice);
    for (int i = 0; i < operands.length; i++) {
      Strided result = download(onDevice[i]);
      compare(what + ", operand " + i, steps, scale, operands[i], result);
      result.storage().free();
      onDevice[i].storage().free();
    }
  }

  static void check(String what, Call call, Strided... operands) {
    check(what, 0, 0, call, operands);
  }

  private static void compare(String what, double steps, double scale, Strided a, Strided b) {
    DType dtype = a.dtype();
    double step = dtype.isFloating() ? dtype.eps() : 0;
    long elements = a.storage().byteSize() / dtype.size();
    for (long i = 0; i < elements; i++) {
      double cpu = Cells.read(RawMemory.of(a.storage()), dtype, i);
      double gpu = Cells.read(RawMemory.of(b.storage()), dtype, i);
      double size = Math.max(Math.max(Math.abs(cpu), Math.abs(gpu)), scale);
      boolean same =
          Double.compare(cpu, gpu) == 0
              || (cpu == gpu && steps > 0)
              || Math.abs(cpu - gpu) <= steps * step * size;
      if (!same) {
        fail(
            what
                + ", "
                + dtype
                + " of "
                + a.layout()
                + ": element "
                + i
                + " of its memory is "
                + gpu
                + ", on the CPU "
                + cpu);
      }
    }
  }

  /** Returns the elements of a host's array in row-major order. */
  static double[] values(Strided x) {
    double[] values = new double[Math.toIntExact(x.numel())];
    int[] next = {0};
    Indices.forEach(
        x.shape().toArray(),
        index -> {
          long at = x.layout().offset();
          for (int i = 0; i < index.length; i++) {
            at += index[i] * x.layout().stride(i);
          }
          values[next[0]++] = Cells.read(RawMemory.of(x.storage()), x.dtype(), at);
        });
    return values;
  }
}
