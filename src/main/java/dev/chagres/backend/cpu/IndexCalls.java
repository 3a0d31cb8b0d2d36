package dev.chagres.backend.cpu;

import static dev.chagres.ffi.kernels.KernelsLibrary.*;

import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.backend.Scratch;
import dev.chagres.core.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The door to the C kernels that read or write at positions that are data, and that count. The
 * rules are those of {@link Kernels}.
 */
final class IndexCalls {
  private IndexCalls() {}

  /** A call that writes the first position out of range, if there is one. */
  @FunctionalInterface
  private interface Call {
    int run(MemorySegment bad);
  }

  /** Makes a call on positions in a dimension of size n. */
  private static void run(String operation, long n, Negatives negatives, Call call) {
    Kernels.require();
    try (Scratch scratch = Scratch.take(Long.BYTES)) {
      MemorySegment bad = scratch.segment();
      int status = call.run(bad);
      if (status == CH_INDEX_OUT_OF_RANGE()) {
        throw negatives.outOfRange(operation, bad.get(ValueLayout.JAVA_LONG, 0), n);
      }
      Kernels.check(status);
    }
  }

  /** Writes losses, and what their gradient needs. */
  static void crossEntropy(
      DType dtype,
      long rows,
      long n,
      long ignored,
      MemorySegment x,
      MemorySegment target,
      MemorySegment weight,
      MemorySegment most,
      MemorySegment below,
      MemorySegment share,
      MemorySegment losses) {
    Kernels.require();
    try (Scratch scratch = Scratch.take(Long.BYTES)) {
      MemorySegment bad = scratch.segment();
      int type = dtype.ordinal();
      int status =
          ch_cross_entropy(
              type, rows, n, ignored, x, target, weight, most, below, share, losses, bad);
      if (status == CH_INDEX_OUT_OF_RANGE()) {
        throw new IndexOutOfBoundsException(
            "crossEntropy: target "
                + bad.get(ValueLayout.JAVA_LONG, 0)
                + " is not one of "
                + n
                + " classes");
      }
      Kernels.check(status);
    }
  }

  static void crossEntropyBackward(
      DType dtype,
      long rows,
      long n,
      long ignored,
      MemorySegment g,
      long step,
      double total,
      MemorySegment x,
      MemorySegment target,
      MemorySegment most,
      MemorySegment below,
      MemorySegment share,
      MemorySegment gx) {
    Kernels.require();
    int type = dtype.ordinal();
    Kernels.check(
        ch_cross_entropy_backward(
            type, rows, n, ignored, g, step, total, x, target, most, below, share, gx));
  }

  /** Throws for a position out of range. */
  static void check(
      String operation,
      int ndim,
      MemorySegment dims,
      long n,
      Negatives negatives,
      MemorySegment index) {
    run(
        operation,
        n,
        negatives,
        bad -> ch_index_check(ndim, dims, n, negatives.lowest(n), index, bad));
  }

  static void indexSelect(
      DType dtype,
      long outer,
      long n,
      Negatives negatives,
      long inner,
      long count,
      MemorySegment x,
      MemorySegment index,
      MemorySegment y) {
    run(
        "indexSelect",
        n,
        negatives,
        bad ->
            ch_index_select(
                dtype.ordinal(), outer, n, negatives.lowest(n), inner, count, x, index, y, bad));
  }

  static void indexPut(
      Store store,
      DType dtype,
      long outer,
      long n,
      Negatives negatives,
      long inner,
      long width,
      long count,
      MemorySegment x,
      MemorySegment index,
      MemorySegment y) {
    run(
        "indexPut",
        n,
        negatives,
        bad ->
            ch_index_put(
                code(store),
                dtype.ordinal(),
                outer,
                n,
                negatives.lowest(n),
                inner,
                width,
                count,
                x,
                index,
                y,
                bad));
  }

  static void gather(
      DType dtype,
      int ndim,
      MemorySegment dims,
      long n,
      Negatives negatives,
      long sn,
      MemorySegment x,
      MemorySegment index,
      MemorySegment y) {
    run(
        "gather",
        n,
        negatives,
        bad ->
            ch_gather(dtype.ordinal(), ndim, dims, n, negatives.lowest(n), sn, x, index, y, bad));
  }

  static void scatter(
      Store store,
      DType dtype,
      int ndim,
      MemorySegment dims,
      long n,
      Negatives negatives,
      long sn,
      MemorySegment x,
      MemorySegment index,
      MemorySegment y) {
    run(
        "scatter",
        n,
        negatives,
        bad ->
            ch_scatter(
                code(store),
                dtype.ordinal(),
                ndim,
                dims,
                n,
                negatives.lowest(n),
                sn,
                x,
                index,
                y,
                bad));
  }

  private static int code(Store store) {
    return switch (store) {
      case REPLACE -> CH_STORE_REPLACE();
      case ADD -> CH_STORE_ADD();
      case MULTIPLY -> CH_STORE_MULTIPLY();
      case MAX -> CH_STORE_MAX();
      case MIN -> CH_STORE_MIN();
    };
  }

  static void joinIndex(
      int ndim, MemorySegment dims, long n, MemorySegment index, MemorySegment positions) {
    run("index", n, Negatives.FROM_END, bad -> ch_index_join(ndim, dims, n, index, positions, bad));
  }

  /** Returns whether all pivots are rows, from 1 to n. */
  static boolean rowOrder(long batch, long k, long n, MemorySegment pivots, MemorySegment order) {
    Kernels.require();
    try (Scratch bad = Scratch.take(Long.BYTES)) {
      int status = ch_row_order(batch, k, n, pivots, order, bad.segment());
      if (status == CH_INDEX_OUT_OF_RANGE()) {
        return false;
      }
      Kernels.check(status);
      return true;
    }
  }

  static long countTrue(long n, MemorySegment mask) {
    Kernels.require();
    return ch_count_true(n, mask);
  }

  static void positions(long n, MemorySegment mask, long room, MemorySegment positions) {
    Kernels.require();
    Kernels.check(ch_positions(n, mask, room, positions));
  }

  static void repeats(long n, MemorySegment counts, long room, MemorySegment y) {
    Kernels.require();
    Kernels.check(ch_repeats(n, counts, room, y));
  }

  static void count(long n, MemorySegment positions, long bins, MemorySegment counts) {
    run("count", bins, Negatives.BAD, bad -> ch_count(n, positions, bins, counts, bad));
  }

  static void histogram(
      DType dtype,
      long n,
      MemorySegment x,
      double low,
      double high,
      long bins,
      MemorySegment counts) {
    Kernels.require();
    Kernels.check(ch_histogram(dtype.ordinal(), n, x, low, high, high - low, bins, counts));
  }
}
