package dev.chagres.backend.cpu;

import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
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

  /** What is returned of a matrix with NaN or infinity. */
  static final int NOT_FINITE = -1;

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

  static byte letter(Side side) {
    return (byte) (side == Side.LEFT ? 'L' : 'R');
  }

  static byte letter(Transposed transpose) {
    return (byte) (transpose == Transposed.YES ? 'T' : 'N');
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

  /**
   * Makes a call where its stack suffices, while no product of matrices is shared by several
   * threads, with one of OpenBLAS's buffers reserved.
   */
  static int run(long order, IntSupplier call) {
    Semaphore slots = require().slots();
    IntSupplier guarded =
        () -> {
          // Before a buffer: who shares a call may be waiting for one.
          SharedCall.keepOut();
          try {
            slots.acquireUninterruptibly();
            try {
              return call.getAsInt();
            } finally {
              slots.release();
            }
          } finally {
            SharedCall.letIn();
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

  /** Checks that a routine that cannot fail has not; a bad argument is a defect. */
  static void check(String routine, DType dtype, int info) {
    if (info != 0) {
      String name = (dtype == DType.FLOAT32 ? "s" : "d") + routine;
      throw new AssertionError(name + ": argument " + -info + " is not valid (info " + info + ")");
    }
  }

  /** Returns what a routine reports of its matrix, 0 or more. */
  static int reported(String routine, DType dtype, int info) {
    if (info < 0) {
      check(routine, dtype, info);
    }
    return info;
  }

  /**
   * Checks that LAPACK can reckon with the elements of a workspace: in a routine whose workspace
   * grows with the square of the order it would take what has overflowed for its size.
   *
   * @throws ArithmeticException if there are 2^31 or more
   */
  static void workspace(String routine, long elements) {
    if (elements > Integer.MAX_VALUE) {
      throw new ArithmeticException(
          routine + ": a matrix of this size needs a workspace beyond LAPACK's 32-bit sizes");
    }
  }

  /**
   * Whether a matrix has neither NaN nor infinity, with which the iterations for eigenvalues may
   * never end, and the routines that scale their matrix (DLASCL) print a complaint.
   */
  static boolean isFinite(
      DType dtype, MemorySegment memory, long rows, long columns, long leading) {
    boolean dense = leading == rows;
    long length = dense ? rows * columns : rows;
    try (Scratch flags = Scratch.take(length + 1)) {
      for (long column = 0; column < (dense ? 1 : columns); column++) {
        if (!isFinite(dtype, memory.asSlice(column * leading * dtype.size()), length, flags)) {
          return false;
        }
      }
    }
    return true;
  }

  /** The same for one triangle of a symmetric matrix; the other may hold anything. */
  static boolean isFinite(
      DType dtype, Triangle triangle, MemorySegment memory, long n, long leading) {
    if (isFinite(dtype, memory, n, n, leading)) {
      return true;
    }
    try (Scratch flags = Scratch.take(n + 1)) {
      for (long column = 0; column < n; column++) {
        long first = triangle == Triangle.LOWER ? column : 0;
        long length = triangle == Triangle.LOWER ? n - column : column + 1;
        MemorySegment start = memory.asSlice((column * leading + first) * dtype.size());
        if (!isFinite(dtype, start, length, flags)) {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * Fills a matrix with 0 if it has NaN or infinity, and returns whether it has not: for right
   * sides, of which LAPACK prints what it says of matrices, and of which every result would be NaN.
   */
  static boolean clearUnlessFinite(
      DType dtype, MemorySegment memory, long rows, long columns, long leading) {
    boolean finite = isFinite(dtype, memory, rows, columns, leading);
    if (!finite) {
      fill(dtype, 0, memory, rows, columns, leading);
    }
    return finite;
  }

  static void fillNaN(DType dtype, MemorySegment memory, long rows, long columns, long leading) {
    fill(dtype, Double.NaN, memory, rows, columns, leading);
  }

  private static void fill(
      DType dtype, double value, MemorySegment memory, long rows, long columns, long leading) {
    try (Scratch number = Scratch.take(Double.BYTES)) {
      number.segment().set(ValueLayout.JAVA_DOUBLE, 0, value);
      for (long column = 0; column < columns; column++) {
        MemorySegment start = memory.asSlice(column * leading * dtype.size());
        Kernels.copy1d(DType.FLOAT64, dtype, rows, number.segment(), 0, start, 1);
      }
    }
  }

  private static boolean isFinite(DType dtype, MemorySegment start, long length, Scratch scratch) {
    if (length == 0) {
      return true;
    }
    MemorySegment flags = scratch.segment();
    MemorySegment all = flags.asSlice(length, 1);
    Kernels.unary1d(UnaryOp.ISFINITE, dtype, length, start, 1, flags, 1);
    Kernels.reduce(ReduceOp.ALL, DType.BOOL, 1, length, 1, flags, 0, 1, 1, all);
    return all.get(ValueLayout.JAVA_BYTE, 0) != 0;
  }
}
