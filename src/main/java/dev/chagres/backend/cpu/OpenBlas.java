package dev.chagres.backend.cpu;

import static dev.chagres.ffi.openblas.OpenBlasLibrary.*;

import dev.chagres.core.DType;
import dev.chagres.core.Diagonal;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The door to OpenBLAS's CBLAS, for row-major float32 and float64. OpenBLAS computes on the calling
 * thread, and on those of our team that join a {@link SharedCall}. Its own threads end right after
 * loading, because a second pool that spins beside ours slows both; the first shared call has it
 * start them again, and they sleep, as no work reaches them. Sizes that exceed its 32-bit integers
 * are an ArithmeticException. No call is ever linked as critical.
 */
public final class OpenBlas {
  private static final String CONFIG_THREADS = "MAX_THREADS=";

  private static volatile @Nullable Ready ready;

  private OpenBlas() {}

  /**
   * The library, loaded and set up.
   *
   * @param slots what a call must hold while it may use one of OpenBLAS's packing buffers: a build
   *     has a fixed number, and more concurrent callers than that crash it
   * @param lapack whether LAPACK is there too
   * @param shares whether it is our own copy, with threads of its own kind
   */
  record Ready(
      NativeLibraries.Loaded library,
      String config,
      String core,
      int maxThreads,
      Semaphore slots,
      boolean lapack,
      boolean shares) {}

  private static int code(Transposed transposed) {
    return transposed == Transposed.YES ? CblasTrans() : CblasNoTrans();
  }

  private static int code(Triangle triangle) {
    return triangle == Triangle.UPPER ? CblasUpper() : CblasLower();
  }

  private static int code(Diagonal diagonal) {
    return diagonal == Diagonal.ONES ? CblasUnit() : CblasNonUnit();
  }

  /**
   * Loads the library on the first call.
   *
   * @throws IllegalStateException if it cannot be loaded or used, with the reason
   */
  static Ready require() {
    Ready state = ready;
    return state != null ? state : load();
  }

  @SuppressWarnings("restricted")
  private static synchronized Ready load() {
    Ready state = ready;
    if (state != null) {
      return state;
    }
    NativeLibraries.Loaded library = NativeLibraries.openBlas();
    SymbolLookup symbols = SymbolLookup.loaderLookup();
    for (String name :
        new String[] {"openblas_get_config", "openblas_set_num_threads", "cblas_sgemm"}) {
      if (symbols.find(name).isEmpty()) {
        throw new IllegalStateException(
            library.path() + " is no OpenBLAS with CBLAS: it has no " + name);
      }
    }
    String config = openblas_get_config().getString(0);
    if (config.contains("USE64BITINT")) {
      throw new IllegalStateException(
          library.path()
              + " has 64-bit integers ("
              + config
              + "): an OpenBLAS with 32-bit ones (LP64) is needed");
    }
    openblas_set_num_threads(1);
    if (library.origin().equals(NativeLibraries.BUNDLED)) {
      endThreads(symbols);
    }
    int maxThreads = maxThreads(config);
    state =
        new Ready(
            library,
            config,
            openblas_get_corename().getString(0),
            maxThreads,
            new Semaphore(maxThreads),
            symbols.find("LAPACKE_dgetrf_work").isPresent(),
            library.origin().equals(NativeLibraries.BUNDLED)
                && openblas_get_parallel() == OPENBLAS_THREAD());
    ready = state;
    return state;
  }

  /**
   * Ends the pool that OpenBLAS starts when it is loaded. In a library that others may use too, it
   * is left alone.
   */
  @SuppressWarnings("restricted")
  private static void endThreads(SymbolLookup symbols) {
    Optional<MemorySegment> shutdown = symbols.find("blas_thread_shutdown_");
    if (shutdown.isPresent()) {
      try {
        int ignored =
            (int)
                Linker.nativeLinker()
                    .downcallHandle(shutdown.get(), FunctionDescriptor.of(ValueLayout.JAVA_INT))
                    .invokeExact();
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Tells whether threads of ours can work on one call: only our own copy is set up for that. */
  static boolean shares() {
    return require().shares() && Sharing.READY;
  }

  /** Sets sharing up when it is first wanted. */
  private static final class Sharing {
    static final boolean READY = serve();

    private static boolean serve() {
      Optional<MemorySegment> setter =
          SymbolLookup.loaderLookup().find("openblas_set_threads_callback_function");
      setter.ifPresent(ProductCalls::shareServe);
      return setter.isPresent();
    }
  }

  /**
   * Returns the number of threads a build was made for, which is what its buffers allow; 1 if it
   * does not say.
   */
  static int maxThreads(String config) {
    int at = config.indexOf(CONFIG_THREADS);
    if (at < 0) {
      return 1;
    }
    int start = at + CONFIG_THREADS.length();
    int end = start;
    while (end < config.length() && Character.isDigit(config.charAt(end))) {
      end++;
    }
    return end == start ? 1 : Math.max(1, Integer.parseInt(config, start, end, 10));
  }

  static int narrow(long size) {
    if ((int) size != size) {
      throw new ArithmeticException("BLAS takes sizes below 2^31, not " + size);
    }
    return (int) size;
  }

  private static IllegalArgumentException noKernel(DType dtype) {
    return new IllegalArgumentException("BLAS has no " + dtype);
  }

  // ---- matrix and matrix

  /**
   * {@code C = alpha op(A) op(B) + beta C} with op(A) (m, k), op(B) (k, n), C (m, n), on this
   * thread and those that have joined the call.
   */
  static void gemm(
      DType dtype,
      Transposed transA,
      Transposed transB,
      long m,
      long n,
      long k,
      double alpha,
      MemorySegment a,
      long lda,
      MemorySegment b,
      long ldb,
      double beta,
      MemorySegment c,
      long ldc,
      @Nullable SharedCall call) {
    Semaphore slots = require().slots();
    int rows = narrow(m);
    int columns = narrow(n);
    int inner = narrow(k);
    int stepA = narrow(lda);
    int stepB = narrow(ldb);
    int stepC = narrow(ldc);
    slots.acquireUninterruptibly();
    // From here on nothing may park: a virtual thread would come back on another thread.
    int helpers = call == null ? 0 : call.seal();
    try {
      if (helpers > 0) {
        openblas_set_num_threads(1 + helpers);
      }
      switch (dtype) {
        case FLOAT32 ->
            cblas_sgemm(
                CblasRowMajor(),
                code(transA),
                code(transB),
                rows,
                columns,
                inner,
                (float) alpha,
                a,
                stepA,
                b,
                stepB,
                (float) beta,
                c,
                stepC);
        case FLOAT64 ->
            cblas_dgemm(
                CblasRowMajor(),
                code(transA),
                code(transB),
                rows,
                columns,
                inner,
                alpha,
                a,
                stepA,
                b,
                stepB,
                beta,
                c,
                stepC);
        default -> throw noKernel(dtype);
      }
    } finally {
      if (helpers > 0) {
        openblas_set_num_threads(1);
      }
      if (call != null) {
        call.close();
      }
      slots.release();
    }
  }

  /** {@code B = alpha op(A)⁻¹ B} for a triangular A (m, m) and B (m, n). */
  static void trsm(
      DType dtype,
      Triangle triangle,
      Transposed transA,
      Diagonal diagonal,
      long m,
      long n,
      double alpha,
      MemorySegment a,
      long lda,
      MemorySegment b,
      long ldb) {
    Semaphore slots = require().slots();
    int rows = narrow(m);
    int columns = narrow(n);
    int stepA = narrow(lda);
    int stepB = narrow(ldb);
    slots.acquireUninterruptibly();
    try {
      switch (dtype) {
        case FLOAT32 ->
            cblas_strsm(
                CblasRowMajor(),
                CblasLeft(),
                code(triangle),
                code(transA),
                code(diagonal),
                rows,
                columns,
                (float) alpha,
                a,
                stepA,
                b,
                stepB);
        case FLOAT64 ->
            cblas_dtrsm(
                CblasRowMajor(),
                CblasLeft(),
                code(triangle),
                code(transA),
                code(diagonal),
                rows,
                columns,
                alpha,
                a,
                stepA,
                b,
                stepB);
        default -> throw noKernel(dtype);
      }
    } finally {
      slots.release();
    }
  }
}
