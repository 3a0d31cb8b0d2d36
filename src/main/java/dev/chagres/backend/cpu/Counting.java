package dev.chagres.backend.cpu;

import dev.chagres.backend.CountKernels;
import dev.chagres.backend.Strided;

/** Counts of elements, and what is made of counts: each one call, by the thread that asks. */
final class Counting implements CountKernels {
  @Override
  public long countTrue(Strided mask) {
    return mask.numel() == 0 ? 0 : IndexCalls.countTrue(mask.numel(), mask.pointer());
  }

  @Override
  public void positions(Strided mask, Strided positions) {
    if (positions.numel() > 0) {
      IndexCalls.positions(mask.numel(), mask.pointer(), positions.numel(), positions.pointer());
    }
  }

  @Override
  public void repeats(Strided counts, Strided y) {
    if (y.numel() > 0) {
      IndexCalls.repeats(counts.numel(), counts.pointer(), y.numel(), y.pointer());
    }
  }

  @Override
  public void count(Strided positions, Strided counts) {
    if (positions.numel() > 0) {
      IndexCalls.count(positions.numel(), positions.pointer(), counts.numel(), counts.pointer());
    }
  }

  @Override
  public void histogram(Strided x, double low, double high, Strided counts) {
    if (x.numel() > 0 && counts.numel() > 0) {
      IndexCalls.histogram(
          x.dtype(), x.numel(), x.pointer(), low, high, counts.numel(), counts.pointer());
    }
  }
}
