package dev.chagres.backend;

import static dev.chagres.backend.Operands.areAlike;
import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.require;
import static dev.chagres.backend.Operands.requireOrdered;

import dev.chagres.backend.ScanKernels.Scan;
import dev.chagres.backend.ScanKernels.Way;

/** Scans, with operands that are looked at before. */
record CheckedScans(ScanKernels device) implements ScanKernels {
  @Override
  public void scan(Scan scan, Strided x, Strided y) {
    check(x, y);
    device.scan(scan, x, y);
  }

  @Override
  public void scanExtrema(Scan scan, Strided x, Strided y, Strided indices) {
    requireOrdered("scan", x, y, indices);
    device.scanExtrema(scan, x, y, indices);
  }

  @Override
  public void recurrence(Way way, int dim, Strided x, Strided a, Strided y) {
    check(x, y);
    check(a, y);
    device.recurrence(way, dim, x, a, y);
  }

  private static void check(Strided x, Strided y) {
    require(areAlike(x, y) && isDense(y) && isWritable(y), "scan", x, y);
  }
}
