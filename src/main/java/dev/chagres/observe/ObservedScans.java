package dev.chagres.observe;

import dev.chagres.backend.ElementwiseOp;
import dev.chagres.backend.ScanKernels;
import dev.chagres.backend.ScanKernels.Scan;
import dev.chagres.backend.ScanKernels.Way;
import dev.chagres.backend.Strided;

/** Scans, which an observer is shown. */
record ObservedScans(ScanKernels device, Observer observer) implements ScanKernels {
  @Override
  public void scan(Scan scan, Strided x, Strided y) {
    observer.kernel(() -> device.scan(scan, x, y), () -> Work.of(name(scan), x).touches(x, y));
  }

  @Override
  public void scanExtrema(Scan scan, Strided x, Strided y, Strided indices) {
    observer.kernel(
        () -> device.scanExtrema(scan, x, y, indices),
        () -> Work.of(name(scan), x).touches(x, y, indices));
  }

  @Override
  public void recurrence(Way way, int dim, Strided x, Strided a, Strided y) {
    observer.kernel(
        () -> device.recurrence(way, dim, x, a, y),
        () -> Work.of("recurrence", x).touches(x, a, y));
  }

  private static String name(Scan scan) {
    return ElementwiseOp.methodName("SCAN_" + scan.op().name());
  }
}
