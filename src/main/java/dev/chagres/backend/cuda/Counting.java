package dev.chagres.backend.cuda;

import dev.chagres.backend.CountKernels;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.Strided;

/** Counts, and positions that depend on values. */
final class Counting implements CountKernels {
  private static final String FILE = "index.cu";

  private final CudaDevice device;
  private final Reductions reductions;
  private final Scans scans;

  Counting(CudaDevice device, Reductions reductions, Scans scans) {
    this.device = device;
    this.reductions = reductions;
    this.scans = scans;
  }

  @Override
  public long countTrue(Strided mask) {
    return mask.numel() == 0 ? 0 : reductions.countTrue(mask);
  }

  @Override
  public void positions(Strided mask, Strided positions) {
    if (positions.numel() == 0) {
      return;
    }
    long n = mask.numel();
    try (var until = device.workspace(n * Long.BYTES)) {
      scans.count(Scans.Counted.TRUE_COUNT, mask, until.storage());
      device
          .launch(FILE, "true_positions")
          .integer(n)
          .pointer(mask)
          .pointer(until.storage())
          .integer(positions.numel())
          .pointer(positions)
          .share(n);
    }
  }

  @Override
  public void repeats(Strided counts, Strided y) {
    if (y.numel() == 0) {
      return;
    }
    long n = counts.numel();
    try (var until = device.workspace(Math.max(1, n) * Long.BYTES)) {
      if (n > 0) {
        scans.count(Scans.Counted.COUNT_SUM, counts, until.storage());
      }
      device
          .launch(FILE, "repeats")
          .integer(n)
          .pointer(until.storage())
          .integer(y.numel())
          .pointer(y)
          .share(y.numel());
    }
  }

  @Override
  public void count(Strided positions, Strided counts) {
    if (positions.numel() > 0) {
      device
          .launch(FILE, "count")
          .integer(positions.numel())
          .pointer(positions)
          .integer(counts.numel())
          .pointer(counts)
          .fault(Faults.index("bincount", counts.numel(), Negatives.BAD))
          .share(positions.numel());
    }
  }

  @Override
  public void histogram(Strided x, double low, double high, Strided counts) {
    if (x.numel() > 0 && counts.numel() > 0) {
      device
          .launch(FILE, "histogram<" + Types.of(x) + ">")
          .integer(x.numel())
          .pointer(x)
          .float64(low)
          .float64(high)
          .float64(high - low)
          .integer(counts.numel())
          .pointer(counts)
          .share(x.numel());
    }
  }
}
