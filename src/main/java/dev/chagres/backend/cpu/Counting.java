package dev.chagres.backend.cpu;

import dev.chagres.backend.Strided;

/** Counts of elements, and what is made of counts: each one call, by the thread that asks. */
final class Counting {
  private Counting() {}

  static long countTrue(Strided mask) {
    return mask.numel() == 0 ? 0 : IndexKernels.countTrue(mask.numel(), mask.pointer());
  }

  static void positions(Strided mask, Strided positions) {
    if (positions.numel() > 0) {
      IndexKernels.positions(mask.numel(), mask.pointer(), positions.numel(), positions.pointer());
    }
  }

  static void repeats(Strided counts, Strided y) {
    if (y.numel() > 0) {
      IndexKernels.repeats(counts.numel(), counts.pointer(), y.numel(), y.pointer());
    }
  }

  static void count(Strided positions, Strided counts) {
    if (positions.numel() > 0) {
      IndexKernels.count(positions.numel(), positions.pointer(), counts.numel(), counts.pointer());
    }
  }

  static void histogram(Strided x, double low, double high, Strided counts) {
    if (x.numel() > 0 && counts.numel() > 0) {
      IndexKernels.histogram(
          x.dtype(), x.numel(), x.pointer(), low, high, counts.numel(), counts.pointer());
    }
  }
}
