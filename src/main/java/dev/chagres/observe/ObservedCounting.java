package dev.chagres.observe;

import dev.chagres.backend.CountKernels;
import dev.chagres.backend.Strided;

/** Counting, which an observer is shown. */
record ObservedCounting(CountKernels device, Observer observer) implements CountKernels {
  @Override
  public long countTrue(Strided mask) {
    long[] count = new long[1];
    observer.kernel(
        () -> count[0] = device.countTrue(mask), () -> Work.of("countTrue", mask).touches(mask));
    return count[0];
  }

  @Override
  public void positions(Strided mask, Strided positions) {
    observer.kernel(
        () -> device.positions(mask, positions),
        () -> Work.of("positions", mask).touches(mask, positions));
  }

  @Override
  public void repeats(Strided counts, Strided y) {
    observer.kernel(
        () -> device.repeats(counts, y), () -> Work.of("repeats", counts).touches(counts, y));
  }

  @Override
  public void count(Strided positions, Strided counts) {
    observer.kernel(
        () -> device.count(positions, counts),
        () -> Work.of("count", positions).touches(positions).updates(counts));
  }

  @Override
  public void histogram(Strided x, double low, double high, Strided counts) {
    observer.kernel(
        () -> device.histogram(x, low, high, counts),
        () -> Work.of("histogram", x).touches(x).updates(counts));
  }
}
