package dev.chagres.backend.cpu;

import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.UnaryOp;
import dev.chagres.backend.cpu.OpenBlas.Transpose;
import dev.chagres.backend.cpu.OpenBlas.Triangle;
import dev.chagres.core.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.Semaphore;
import java.util.function.IntSupplier;

/**
 * What every call of LAPACK needs: checked sizes, a stack that suffices, a workspace, and an
 * exception for what it reports.
 */
final class LapackCall {
  /**
   * Up to this order a problem stays on its thread: it takes a few kilobytes of stack, and handing
   * it over would take longer than solving it.
   */
  private static final long SMALL = 64;

  private LapackCall() {}

  /** One call of a routine, with its workspace. */
  @FunctionalInterface
  interface WorkCall {
    int run(MemorySegment work, int size, MemorySegment integers);
  }

  static int narrow(long size) {
    return OpenBlas.narrow(size);
  }

  static byte letter(Triangle triangle) {
    return (byte) (triangle == Triangle.UPPER ? 'U' : 'L');
  }

  static byte letter(Transpose transpose) {
    return (byte) (transpose == Transpose.YES ? 'T' : 'N');
  }

  static IllegalArgumentException noKernel(DType dtype) {
    return new IllegalArgumentException("LAPACK has no " + dtype);
  }

  /** Checks that a column-major matrix lies within its memory. */
  static void matrix(DType dtype, MemorySegment memory, long rows, long columns, long leading) {
    if (rows < 0 || columns < 0 || leading < Math.max(1, rows)) {
      throw new IllegalArgumentException(
          "a column-major matrix ("
              + rows
              + ", "
              + columns
              + ") cannot have a leading dimension of "
              + leading);
    }
    long elements =
        rows == 0 || columns == 0
            ? 0
            : Math.addExact(Math.multiplyExact(columns - 1, leading), rows);
    vector(dtype.size(), memory, elements);
  }

  static void vector(long elementBytes, MemorySegment memory, long count) {
    if (Math.multiplyExact(count, elementBytes) > memory.byteSize()) {
      throw new IndexOutOfBoundsException(
          count
              + " elements of "
              + elementBytes
              + " bytes do not fit "
              + memory.byteSize()
              + " bytes");
    }
  }

  static void pivots(MemorySegment memory, long count) {
    vector(Integer.BYTES, memory, count);
  }

  private static OpenBlas.Ready require() {
    OpenBlas.Ready ready = OpenBlas.require();
    if (!ready.lapack()) {
      throw new IllegalStateException(
          ready.library().path()
              + " has no LAPACK (LAPACKE): take the OpenBLAS that comes with chagres");
    }
    return ready;
  }

  /** Makes a call where its stack suffices, with one of OpenBLAS's buffers reserved. */
  static int run(long order, IntSupplier call) {
    Semaphore slots = require().slots();
    IntSupplier guarded =
        () -> {
          slots.acquireUninterruptibly();
          try {
            return call.getAsInt();
          } finally {
            slots.release();
          }
        };
    return order <= SMALL && !Thread.currentThread().isVirtual()
        ? guarded.getAsInt()
        : BigStack.call(guarded);
  }

  /** Asks a routine how much workspace it wants, and calls it with that. */
  static int runWithWork(DType dtype, long order, WorkCall call) {
    require();
    long size;
    long integers;
    try (Scratch answer = Scratch.take(2L * Double.BYTES)) {
      MemorySegment memory = answer.segment();
      MemorySegment count = memory.asSlice(Double.BYTES);
      count.set(ValueLayout.JAVA_INT, 0, 0);
      int info = call.run(memory, -1, count);
      if (info != 0) {
        return info;
      }
      double wanted =
          dtype == DType.FLOAT32
              ? Math.nextUp(memory.get(ValueLayout.JAVA_FLOAT, 0))
              : memory.get(ValueLayout.JAVA_DOUBLE, 0);
      size = Math.max(1, (long) Math.ceil(wanted));
      integers = Math.max(count.get(ValueLayout.JAVA_INT, 0), 8 * order + 16);
    }
    try (Scratch work = Scratch.take(size * dtype.size());
        Scratch positions = Scratch.take(integers * Integer.BYTES)) {
      int elements = narrow(size);
      return run(order, () -> call.run(work.segment(), elements, positions.segment()));
    }
  }

  /**
   * Turns what a routine reports into an exception; {@code meaning} tells what a positive code
   * says.
   */
  static void check(String routine, DType dtype, int info, String meaning) {
    if (info == 0) {
      return;
    }
    String name = (dtype == DType.FLOAT32 ? "s" : "d") + routine;
    if (info < 0) {
      throw new AssertionError(name + ": argument " + -info + " is not valid (info " + info + ")");
    }
    throw new ArithmeticException(
        name + ": " + meaning.replace("%d", Integer.toString(info)) + " (info " + info + ")");
  }

  /** Refuses NaN and infinities, with which the iterations for eigenvalues may never end. */
  static void finite(
      String routine, DType dtype, MemorySegment memory, long rows, long columns, long leading) {
    try (Scratch flags = Scratch.take(rows + 1)) {
      MemorySegment all = flags.segment().asSlice(rows, 1);
      for (long column = 0; column < columns && rows > 0; column++) {
        MemorySegment start = memory.asSlice(column * leading * dtype.size());
        Kernels.unary1d(UnaryOp.ISFINITE, dtype, rows, start, 1, flags.segment(), 1);
        Kernels.reduce(ReduceOp.ALL, DType.BOOL, 1, rows, 1, flags.segment(), 0, 1, 1, all);
        if (all.get(ValueLayout.JAVA_BYTE, 0) == 0) {
          throw new ArithmeticException(
              (dtype == DType.FLOAT32 ? "s" : "d")
                  + routine
                  + ": the matrix contains NaN or infinity");
        }
      }
    }
  }
}
