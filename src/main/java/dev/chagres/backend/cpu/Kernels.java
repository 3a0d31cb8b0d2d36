package dev.chagres.backend.cpu;

import static dev.chagres.ffi.kernels.KernelsLibrary.*;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;
import dev.chagres.core.Triangle;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * The door to our own C kernels: a method for each function of {@code kernels.h}, whose comments
 * are the contract (sizes, strides in elements, what may be negative). Here are those of elements,
 * reductions, softmax and a model's gradients; the others are in the classes {@code …Calls}, a
 * family each. Segments start at the first element. What a function reports becomes an exception;
 * nothing else is checked here.
 */
final class Kernels {
  /**
   * Up to this many elements an elementwise call is linked as critical: a nanosecond or two less,
   * but the garbage collector waits for it, so it must be over within a few microseconds.
   */
  static final long SMALL = 512;

  private static boolean ready;

  private Kernels() {}

  /** A call that could not be made: never thrown by working bindings. */
  private static AssertionError defect(Throwable cause) {
    return new AssertionError("a native call failed", cause);
  }

  // Each critical handle has a holder of its own: linking takes milliseconds, and a program uses
  // few of them. The generated holders are left alone, as they link the other handle at once.

  /** {@code ch_unary_1d}. */
  static final class SmallUnary {
    static final FunctionDescriptor TYPE = type("iilplpl");
    static final MethodHandle HANDLE = critical("ch_unary_1d", TYPE);
  }

  /** {@code ch_binary_1d}. */
  static final class SmallBinary {
    static final FunctionDescriptor TYPE = type("iilplplpl");
    static final MethodHandle HANDLE = critical("ch_binary_1d", TYPE);
  }

  /** {@code ch_copy_1d}. */
  static final class SmallCopy {
    static final FunctionDescriptor TYPE = type("iilplpl");
    static final MethodHandle HANDLE = critical("ch_copy_1d", TYPE);
  }

  /** Returns a function's type: an int result, and a letter for each int, long or pointer. */
  private static FunctionDescriptor type(String parameters) {
    MemoryLayout[] layouts = new MemoryLayout[parameters.length()];
    for (int i = 0; i < layouts.length; i++) {
      char letter = parameters.charAt(i);
      layouts[i] = letter == 'i' ? C_INT : letter == 'l' ? C_LONG_LONG : C_POINTER;
    }
    return FunctionDescriptor.of(C_INT, layouts);
  }

  @SuppressWarnings("restricted")
  private static MethodHandle critical(String name, FunctionDescriptor type) {
    MemorySegment address = SymbolLookup.loaderLookup().findOrThrow(name);
    return Linker.nativeLinker().downcallHandle(address, type, Linker.Option.critical(false));
  }

  /**
   * Loads the library before generated code is touched: a binding that does not find its function
   * is lost for the life of the process.
   *
   * @throws IllegalStateException if it cannot be loaded, or is not of this build
   */
  static void require() {
    if (!ready) {
      load();
    }
  }

  private static synchronized void load() {
    NativeLibraries.kernels();
    UnaryOp[] unary = UnaryOp.values();
    BinaryOp[] binary = BinaryOp.values();
    ReduceOp[] reductions = ReduceOp.values();
    TernaryOp[] ternary = TernaryOp.values();
    int hash = digest(digest(digest(0x811c9dc5, unary), binary), reductions);
    if (digest(hash, ternary) != ch_op_digest()) {
      checkNames(CH_FAMILY_UNARY(), unary);
      checkNames(CH_FAMILY_BINARY(), binary);
      checkNames(CH_FAMILY_REDUCE(), reductions);
      checkNames(CH_FAMILY_TERNARY(), ternary);
      throw new AssertionError("the digests of equal names differ");
    }
    ready = true;
  }

  /** Continues the hash that {@code ch_op_digest} computes. */
  static int digest(int start, Enum<?>[] operations) {
    int hash = start;
    for (Enum<?> operation : operations) {
      String name = operation.name();
      for (int i = 0; i < name.length(); i++) {
        hash = (hash ^ name.charAt(i)) * 16777619;
      }
      hash = (hash ^ '\n') * 16777619;
    }
    return hash;
  }

  private static void checkNames(int family, Enum<?>[] operations) {
    for (Enum<?> operation : operations) {
      String name = operationName(family, operation.ordinal());
      if (!operation.name().equals(name)) {
        throw mismatch(
            operation.getDeclaringClass().getSimpleName() + "." + operation.name(), name);
      }
    }
    String extra = operationName(family, operations.length);
    if (extra != null) {
      throw mismatch("nothing", extra);
    }
  }

  private static IllegalStateException mismatch(String ours, @Nullable String theirs) {
    return new IllegalStateException(
        "the kernels are of another build: Java has "
            + ours
            + " where they have "
            + theirs
            + "; build chagres anew");
  }

  @SuppressWarnings("restricted")
  private static @Nullable String operationName(int family, int op) {
    MemorySegment name = ch_op_name(family, op);
    return name.equals(MemorySegment.NULL) ? null : name.reinterpret(64).getString(0);
  }

  /** Throws what a function reported. */
  static void check(int status) {
    if (status != CH_OK()) {
      throw failure(status);
    }
  }

  private static RuntimeException failure(int status) {
    if (status == CH_DIVIDE_BY_ZERO()) {
      return new ArithmeticException("integer division by zero");
    }
    if (status == CH_BAD_STATE()) {
      return new IllegalArgumentException("these bytes are not the state of a generator");
    }
    throw new AssertionError(
        status == CH_NO_KERNEL()
            ? "there is no kernel for this operation and dtype"
            : "a kernel returned " + status);
  }

  // ---- elementwise

  static void unary1d(
      UnaryOp op, DType dtype, long n, MemorySegment x, long sx, MemorySegment y, long sy) {
    require();
    if (n <= SMALL) {
      try {
        check((int) SmallUnary.HANDLE.invokeExact(op.ordinal(), dtype.ordinal(), n, x, sx, y, sy));
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw defect(e);
      }
    } else {
      check(ch_unary_1d(op.ordinal(), dtype.ordinal(), n, x, sx, y, sy));
    }
  }

  static void unaryNd(
      UnaryOp op, DType dtype, int ndim, MemorySegment dims, MemorySegment x, MemorySegment y) {
    require();
    check(ch_unary_nd(op.ordinal(), dtype.ordinal(), ndim, dims, x, y));
  }

  static void binary1d(
      BinaryOp op,
      DType dtype,
      long n,
      MemorySegment a,
      long sa,
      MemorySegment b,
      long sb,
      MemorySegment y,
      long sy) {
    require();
    if (n <= SMALL) {
      try {
        check(
            (int)
                SmallBinary.HANDLE.invokeExact(
                    op.ordinal(), dtype.ordinal(), n, a, sa, b, sb, y, sy));
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw defect(e);
      }
    } else {
      check(ch_binary_1d(op.ordinal(), dtype.ordinal(), n, a, sa, b, sb, y, sy));
    }
  }

  static void binaryNd(
      BinaryOp op,
      DType dtype,
      int ndim,
      MemorySegment dims,
      MemorySegment a,
      MemorySegment b,
      MemorySegment y) {
    require();
    check(ch_binary_nd(op.ordinal(), dtype.ordinal(), ndim, dims, a, b, y));
  }

  static void ternary1d(
      TernaryOp op,
      DType dtype,
      Number value,
      long n,
      MemorySegment a,
      long sa,
      MemorySegment b,
      long sb,
      MemorySegment c,
      long sc,
      MemorySegment y,
      long sy) {
    require();
    double floating = value.doubleValue();
    long whole = value.longValue();
    int code = op.ordinal();
    check(ch_ternary_1d(code, dtype.ordinal(), floating, whole, n, a, sa, b, sb, c, sc, y, sy));
  }

  static void ternaryNd(
      TernaryOp op,
      DType dtype,
      Number value,
      int ndim,
      MemorySegment dims,
      MemorySegment a,
      MemorySegment b,
      MemorySegment c,
      MemorySegment y) {
    require();
    double floating = value.doubleValue();
    long whole = value.longValue();
    check(ch_ternary_nd(op.ordinal(), dtype.ordinal(), floating, whole, ndim, dims, a, b, c, y));
  }

  static void where1d(
      DType dtype,
      long n,
      MemorySegment condition,
      long sc,
      MemorySegment a,
      long sa,
      MemorySegment b,
      long sb,
      MemorySegment y,
      long sy) {
    require();
    check(ch_where_1d(dtype.ordinal(), n, condition, sc, a, sa, b, sb, y, sy));
  }

  static void whereNd(
      DType dtype,
      int ndim,
      MemorySegment dims,
      MemorySegment condition,
      MemorySegment a,
      MemorySegment b,
      MemorySegment y) {
    require();
    check(ch_where_nd(dtype.ordinal(), ndim, dims, condition, a, b, y));
  }

  static void copy1d(
      DType from, DType to, long n, MemorySegment x, long sx, MemorySegment y, long sy) {
    require();
    if (n <= SMALL) {
      try {
        check((int) SmallCopy.HANDLE.invokeExact(from.ordinal(), to.ordinal(), n, x, sx, y, sy));
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw defect(e);
      }
    } else {
      check(ch_copy_1d(from.ordinal(), to.ordinal(), n, x, sx, y, sy));
    }
  }

  static void copyNd(
      DType from, DType to, int ndim, MemorySegment dims, MemorySegment x, MemorySegment y) {
    require();
    check(ch_copy_nd(from.ordinal(), to.ordinal(), ndim, dims, x, y));
  }

  static void arange(
      DType dtype,
      long n,
      long first,
      double start,
      double step,
      long integerStart,
      long integerStep,
      MemorySegment y) {
    require();
    check(ch_arange(dtype.ordinal(), n, first, start, step, integerStart, integerStep, y));
  }

  static void triangle(
      Triangle kept,
      DType dtype,
      long first,
      long count,
      long rows,
      long columns,
      long diagonal,
      MemorySegment x,
      MemorySegment y) {
    require();
    int upper = kept == Triangle.UPPER ? 1 : 0;
    check(ch_triangle(upper, dtype.ordinal(), first, count, rows, columns, diagonal, x, y));
  }

  // ---- reductions and softmax

  static void reduce(
      ReduceOp op,
      DType dtype,
      long outer,
      long n,
      long inner,
      MemorySegment x,
      long so,
      long sn,
      long si,
      MemorySegment y) {
    require();
    check(ch_reduce(op.ordinal(), dtype.ordinal(), outer, n, inner, x, so, sn, si, y));
  }

  static void moments(
      DType dtype,
      long outer,
      long n,
      long inner,
      MemorySegment x,
      long so,
      long sn,
      long si,
      MemorySegment mean,
      MemorySegment squares) {
    require();
    check(ch_moments(dtype.ordinal(), outer, n, inner, x, so, sn, si, mean, squares));
  }

  static void joinMoments(
      long outer,
      long n,
      long inner,
      long each,
      long last,
      MemorySegment mean,
      MemorySegment squares,
      MemorySegment joinedMean,
      MemorySegment joinedSquares) {
    require();
    check(ch_join_moments(outer, n, inner, each, last, mean, squares, joinedMean, joinedSquares));
  }

  static void softmax(
      int logarithm,
      DType dtype,
      long outer,
      long n,
      long inner,
      MemorySegment x,
      MemorySegment y) {
    require();
    check(ch_softmax(logarithm, dtype.ordinal(), outer, n, inner, x, y));
  }

  static void softmaxBackward(
      int logarithm,
      DType dtype,
      long outer,
      long n,
      long inner,
      MemorySegment g,
      MemorySegment y,
      MemorySegment gx) {
    require();
    check(ch_softmax_backward(logarithm, dtype.ordinal(), outer, n, inner, g, y, gx));
  }

  // ---- gradients of a model

  static void scale(DType dtype, long n, MemorySegment x, double factor, MemorySegment found) {
    require();
    check(ch_scale(dtype.ordinal(), n, x, factor, found));
  }

  static void squares(DType dtype, long n, MemorySegment x, MemorySegment sum) {
    require();
    check(ch_squares(dtype.ordinal(), n, x, sum));
  }
}
