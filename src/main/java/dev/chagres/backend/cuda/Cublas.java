package dev.chagres.backend.cuda;

import static dev.chagres.ffi.cublas.CublasLibrary.*;

import dev.chagres.backend.Scratch;
import dev.chagres.core.DType;
import dev.chagres.core.Transposed;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The door to cuBLAS, for one device's stream. Matrices lie column by column, as cuBLAS has them; a
 * failure is a {@link CudaException} in its words. float32 is computed in float32, or in TF32 where
 * {@link CudaRuntime#isTf32Allowed}; 16-bit types are added up in float32, the parts of long sums
 * too.
 */
final class Cublas {
  /** What NVIDIA advises for its workspace, for Hopper and what came after, and before. */
  private static final long LARGE_WORKSPACE = 32L << 20;

  private static final long SMALL_WORKSPACE = 4L << 20;
  private static final int HOPPER = 9;

  private final DeviceStream stream;
  private final MemorySegment handle;

  private Cublas(DeviceStream stream, MemorySegment handle) {
    this.stream = stream;
    this.handle = handle;
  }

  static void check(int status, String call) {
    if (status != CUBLAS_STATUS_SUCCESS()) {
      throw new CudaException(
          call
              + ": "
              + Driver.string(cublasGetStatusName(status))
              + ", status "
              + status
              + ": "
              + Driver.string(cublasGetStatusString(status)),
          status);
    }
  }

  /**
   * Makes a handle whose work goes to a stream, for the current context: that of its device. It has
   * a workspace of its own, because without one cuBLAS lets graphs take and give back memory each
   * time; if there is no memory for it, it is left to cuBLAS.
   */
  static Cublas create(DeviceStream stream) {
    try (Scratch scratch = Scratch.take(Long.BYTES)) {
      check(cublasCreate_v2(scratch.segment()), "cublasCreate");
      Cublas made = new Cublas(stream, scratch.segment().get(ValueLayout.ADDRESS, 0));
      check(cublasSetStream_v2(made.handle, stream.handle()), "cublasSetStream");
      int mode = CUBLAS_DEFAULT_MATH() | CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION();
      check(cublasSetMathMode(made.handle, mode), "cublasSetMathMode");
      boolean large = stream.owner().properties().major() >= HOPPER;
      long bytes = large ? LARGE_WORKSPACE : SMALL_WORKSPACE;
      long workspace = stream.owner().takeMemory(bytes);
      if (workspace != 0) { // set behind the stream, which would undo it
        check(
            cublasSetWorkspace_v2(made.handle, MemorySegment.ofAddress(workspace), bytes),
            "cublasSetWorkspace");
      }
      return made;
    }
  }

  /** Returns the version, such as 130101. */
  static int version() {
    try (Scratch scratch = Scratch.take(Integer.BYTES)) {
      check(cublasGetVersion_v2(MemorySegment.NULL, scratch.segment()), "cublasGetVersion");
      return scratch.segment().get(ValueLayout.JAVA_INT, 0);
    }
  }

  /**
   * Matrices in device memory.
   *
   * @param leading the distance of columns, in elements
   * @param stride the distance of matrices, 0 for one that all of a batch use
   */
  record Matrices(long address, Transposed transposed, long leading, long stride) {}

  /**
   * Sizes of a batch of products.
   *
   * @param m rows of the result
   * @param n columns of the result
   * @param k what is added up
   */
  record Sizes(long m, long n, long k, long batch) {
    private boolean areShort() {
      return Math.max(Math.max(m, n), Math.max(k, batch)) <= Integer.MAX_VALUE;
    }
  }

  /**
   * {@code c = alpha * op(a) op(b) + beta * c} for a floating dtype.
   *
   * @param scales alpha and beta
   */
  void gemm(DType dtype, Sizes sizes, double[] scales, Matrices a, Matrices b, Matrices c) {
    gemm(dtype, computeType(dtype), sizes, scales, a, b, c);
  }

  /**
   * The same, in float32 also where TF32 is allowed: for what its errors would be carried on in.
   */
  void exactGemm(DType dtype, Sizes sizes, double[] scales, Matrices a, Matrices b, Matrices c) {
    int type = dtype == DType.FLOAT64 ? CUBLAS_COMPUTE_64F() : CUBLAS_COMPUTE_32F();
    gemm(dtype, type, sizes, scales, a, b, c);
  }

  private synchronized void gemm(
      DType dtype,
      int computeType,
      Sizes sizes,
      double[] scales,
      Matrices a,
      Matrices b,
      Matrices c) {
    boolean wide = dtype == DType.FLOAT64;
    int type = type(dtype);
    try (Scratch scratch = Scratch.take(2L * Double.BYTES)) {
      MemorySegment alpha = scale(scratch.segment(), wide, scales[0]);
      MemorySegment beta = scale(scratch.segment().asSlice(Double.BYTES), wide, scales[1]);
      stream.owner().enter(); // here, as a thread that waited for its turn may be elsewhere
      boolean isShort =
          sizes.areShort()
              && Math.max(Math.max(a.leading, b.leading), c.leading) <= Integer.MAX_VALUE;
      String call = isShort ? "cublasGemmStridedBatchedEx" : Wide.NAME;
      int status =
          isShort
              ? cublasGemmStridedBatchedEx(
                  handle,
                  code(a.transposed),
                  code(b.transposed),
                  (int) sizes.m,
                  (int) sizes.n,
                  (int) sizes.k,
                  alpha,
                  MemorySegment.ofAddress(a.address),
                  type,
                  (int) a.leading,
                  a.stride,
                  MemorySegment.ofAddress(b.address),
                  type,
                  (int) b.leading,
                  b.stride,
                  beta,
                  MemorySegment.ofAddress(c.address),
                  type,
                  (int) c.leading,
                  c.stride,
                  (int) sizes.batch,
                  computeType,
                  CUBLAS_GEMM_DEFAULT())
              : Wide.call(handle, new Wide.Scales(alpha, beta), type, computeType, sizes, a, b, c);
      check(status, call);
      stream.launched(call + " of ", Types.of(dtype));
    }
  }

  /** The same function with 64-bit sizes, which cuBLAS has since CUDA 12: for what needs them. */
  private static final class Wide {
    static final String NAME = "cublasGemmStridedBatchedEx_64";

    private static final MethodHandle HANDLE = handle();

    private Wide() {}

    /** Where alpha and beta are. */
    record Scales(MemorySegment alpha, MemorySegment beta) {}

    @SuppressWarnings("restricted")
    private static MethodHandle handle() {
      ValueLayout number = ValueLayout.JAVA_INT;
      ValueLayout size = ValueLayout.JAVA_LONG;
      ValueLayout pointer = ValueLayout.ADDRESS;
      return Linker.nativeLinker()
          .downcallHandle(
              SymbolLookup.loaderLookup().findOrThrow(NAME),
              FunctionDescriptor.of(
                  number, pointer, number, number, size, size, size, pointer, pointer, number, size,
                  size, pointer, number, size, size, pointer, pointer, number, size, size, size,
                  number, number));
    }

    static int call(
        MemorySegment handle,
        Scales scales,
        int type,
        int computeType,
        Sizes sizes,
        Matrices a,
        Matrices b,
        Matrices c) {
      try {
        return (int)
            HANDLE.invokeExact(
                handle,
                code(a.transposed),
                code(b.transposed),
                sizes.m,
                sizes.n,
                sizes.k,
                scales.alpha,
                MemorySegment.ofAddress(a.address),
                type,
                a.leading,
                a.stride,
                MemorySegment.ofAddress(b.address),
                type,
                b.leading,
                b.stride,
                scales.beta,
                MemorySegment.ofAddress(c.address),
                type,
                c.leading,
                c.stride,
                sizes.batch,
                computeType,
                CUBLAS_GEMM_DEFAULT());
      } catch (Error | RuntimeException e) {
        throw e;
      } catch (Throwable e) {
        throw new AssertionError("a native function throws nothing", e);
      }
    }
  }

  static MemorySegment scale(MemorySegment memory, boolean wide, double value) {
    if (wide) {
      memory.set(ValueLayout.JAVA_DOUBLE, 0, value);
    } else {
      memory.set(ValueLayout.JAVA_FLOAT, 0, (float) value);
    }
    return memory;
  }

  static int code(Transposed transposed) {
    return transposed == Transposed.YES ? CUBLAS_OP_T() : CUBLAS_OP_N();
  }

  /** Returns what products of a dtype are computed in. */
  static int computeType(DType dtype) {
    return switch (dtype) {
      case FLOAT64 -> CUBLAS_COMPUTE_64F();
      case FLOAT32 ->
          CudaRuntime.isTf32Allowed() ? CUBLAS_COMPUTE_32F_FAST_TF32() : CUBLAS_COMPUTE_32F();
      default -> CUBLAS_COMPUTE_32F();
    };
  }

  static int type(DType dtype) {
    return switch (dtype) {
      case FLOAT16 -> CUDA_R_16F();
      case BFLOAT16 -> CUDA_R_16BF();
      case FLOAT32 -> CUDA_R_32F();
      case FLOAT64 -> CUDA_R_64F();
      case BOOL, UINT8, INT8, INT16, INT32, INT64 ->
          throw new IllegalArgumentException("cuBLAS: no products of " + dtype);
    };
  }
}
