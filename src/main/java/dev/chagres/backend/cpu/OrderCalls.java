package dev.chagres.backend.cpu;

import static dev.chagres.ffi.kernels.KernelsLibrary.*;

import dev.chagres.backend.Choice;
import dev.chagres.backend.Lines;
import dev.chagres.backend.ScanOp;
import dev.chagres.core.DType;
import dev.chagres.core.Order;
import java.lang.foreign.MemorySegment;

/**
 * The door to the C kernels of order and of scans. The rules are those of {@link Kernels}; {@code
 * lines} and {@code strides} are what {@link Lines} writes.
 */
final class OrderCalls {
  private OrderCalls() {}

  /** Bytes of scratch for one line of n elements. */
  static long scratchBytes(DType dtype, long n) {
    Kernels.require();
    return ch_sort_scratch(dtype.ordinal(), n);
  }

  private static int descending(Order order) {
    return switch (order) {
      case ASCENDING -> 0;
      case DESCENDING -> 1;
    };
  }

  static void sort(
      DType dtype,
      Order order,
      MemorySegment lines,
      long from,
      long to,
      MemorySegment x,
      MemorySegment values,
      MemorySegment indices,
      MemorySegment scratch) {
    Kernels.require();
    Kernels.check(
        ch_sort(dtype.ordinal(), descending(order), lines, from, to, x, values, indices, scratch));
  }

  static void select(
      DType dtype,
      Choice choice,
      MemorySegment lines,
      long from,
      long to,
      MemorySegment x,
      MemorySegment values,
      MemorySegment indices,
      MemorySegment scratch) {
    Kernels.require();
    int kind =
        switch (choice.kind()) {
          case FIRST -> CH_SELECT_FIRST();
          case NTH -> CH_SELECT_NTH();
          case MEDIAN -> CH_SELECT_MEDIAN();
          case NANMEDIAN -> CH_SELECT_NANMEDIAN();
          case MODE -> CH_SELECT_MODE();
        };
    Kernels.check(
        ch_select(
            dtype.ordinal(),
            kind,
            descending(choice.order()),
            choice.k(),
            lines,
            from,
            to,
            x,
            values,
            indices,
            scratch));
  }

  static void sortRows(
      DType dtype,
      long rows,
      long n,
      MemorySegment x,
      MemorySegment indices,
      MemorySegment scratch) {
    Kernels.require();
    Kernels.check(ch_sort_rows(dtype.ordinal(), rows, n, x, indices, scratch));
  }

  static void search(
      DType dtype,
      int right,
      long rows,
      long n,
      long m,
      MemorySegment sorted,
      long rowStride,
      MemorySegment order,
      MemorySegment x,
      MemorySegment y) {
    Kernels.require();
    Kernels.check(ch_search(dtype.ordinal(), right, rows, n, m, sorted, rowStride, order, x, y));
  }

  static int code(ScanOp op) {
    return switch (op) {
      case SUM -> CH_SCAN_SUM();
      case PROD -> CH_SCAN_PROD();
      case MAX -> CH_SCAN_MAX();
      case MIN -> CH_SCAN_MIN();
      case LOGSUMEXP -> CH_SCAN_LOGSUMEXP();
    };
  }

  static int recurrence() {
    return CH_SCAN_RECURRENCE();
  }

  static void scan(
      int op,
      DType dtype,
      long outer,
      long n,
      long inner,
      MemorySegment strides,
      MemorySegment x,
      MemorySegment a,
      MemorySegment y,
      MemorySegment indices) {
    Kernels.require();
    Kernels.check(ch_scan(op, dtype.ordinal(), outer, n, inner, strides, x, a, y, indices));
  }
}
