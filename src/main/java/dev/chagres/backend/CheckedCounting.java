package dev.chagres.backend;

import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isIndex;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.require;

import dev.chagres.core.DType;

/** Counting, with operands that are looked at before. */
record CheckedCounting(CountKernels device) implements CountKernels {
  @Override
  public long countTrue(Strided mask) {
    requireMask(mask);
    return device.countTrue(mask);
  }

  @Override
  public void positions(Strided mask, Strided positions) {
    requireMask(mask);
    boolean agree =
        isIndex(positions)
            && positions.layout().dim() == 1
            && isDense(positions)
            && isWritable(positions);
    require(agree, "nonzero", mask, positions);
    device.positions(mask, positions);
  }

  private static void requireMask(Strided mask) {
    require(mask.dtype() == DType.BOOL && isDense(mask), "nonzero", mask);
  }

  @Override
  public void repeats(Strided counts, Strided y) {
    boolean agree = isIndex(counts) && isDense(counts) && isIndex(y) && isDense(y) && isWritable(y);
    require(agree, "repeats", counts, y);
    device.repeats(counts, y);
  }

  @Override
  public void count(Strided positions, Strided counts) {
    boolean agree = isIndex(positions) && isDense(positions) && areCounts(counts);
    require(agree, "bincount", positions, counts);
    device.count(positions, counts);
  }

  @Override
  public void histogram(Strided x, double low, double high, Strided counts) {
    boolean agree = x.dtype().isFloating() && isDense(x) && areCounts(counts);
    require(agree, "histc", x, counts);
    device.histogram(x, low, high, counts);
  }

  private static boolean areCounts(Strided counts) {
    return isIndex(counts) && counts.layout().dim() == 1 && isDense(counts) && isWritable(counts);
  }
}
