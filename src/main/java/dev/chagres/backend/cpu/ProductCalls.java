package dev.chagres.backend.cpu;

import static dev.chagres.ffi.kernels.KernelsLibrary.*;

import dev.chagres.core.DType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The door to our own matrix products in C, and to what lets threads share one of BLAS. The rules
 * are those of {@link Kernels}.
 */
final class ProductCalls {
  private ProductCalls() {}

  static long packedBytes() {
    return CH_PACKED_BYTES();
  }

  /** The products of a batch, whose operands are {@code next} apart: null for one product. */
  static void gemmSmall(
      DType dtype,
      long count,
      @Nullable MemorySegment next,
      long m,
      long n,
      long k,
      double alpha,
      MemorySegment a,
      long rsa,
      long csa,
      MemorySegment b,
      long rsb,
      long csb,
      double beta,
      MemorySegment c,
      long ldc) {
    Kernels.require();
    int type = dtype.ordinal();
    MemorySegment steps = next == null ? MemorySegment.NULL : next;
    Kernels.check(
        ch_gemm_small(type, count, steps, m, n, k, alpha, a, rsa, csa, b, rsb, csb, beta, c, ldc));
  }

  /** Needs {@link #packedBytes} of memory, aligned to 64. */
  static void gemmPacked(
      DType dtype,
      long m,
      long n,
      long k,
      double alpha,
      MemorySegment a,
      long rsa,
      long csa,
      MemorySegment b,
      long rsb,
      long csb,
      double beta,
      MemorySegment c,
      long ldc,
      MemorySegment work) {
    Kernels.require();
    int type = dtype.ordinal();
    Kernels.check(
        ch_gemm_packed(type, m, n, k, alpha, a, rsa, csa, b, rsb, csb, beta, c, ldc, work));
  }

  /** Returns the bytes of the vectors that the kernels compute with. */
  static int vectorBytes() {
    Kernels.require();
    return ch_vector_bytes();
  }

  // ---- calls of BLAS that several threads share

  static void shareServe(MemorySegment setThreadsCallback) {
    Kernels.require();
    ch_share_serve(setThreadsCallback);
  }

  static boolean shareOpen() {
    return ch_share_open() != 0;
  }

  static int shareSeal(int wanted, long patience) {
    return ch_share_seal(wanted, patience);
  }

  static void shareClose() {
    ch_share_close();
  }

  static void shareJoin() {
    int ignored = ch_share_join();
  }
}
