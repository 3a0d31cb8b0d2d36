package dev.chagres.backend.cuda;

import dev.chagres.backend.Backend.Scan;
import dev.chagres.backend.Backend.Way;
import dev.chagres.backend.Strided;

/** Scans along a dimension. */
final class Scans {
  private final CudaDevice device;

  Scans(CudaDevice device) {
    this.device = device;
  }

  void scan(Scan scan, Strided x, Strided y) {
    throw NotYet.on("scan", device);
  }

  void scanExtrema(Scan scan, Strided x, Strided y, Strided indices) {
    throw NotYet.on("scanExtrema", device);
  }

  void recurrence(Way way, int dim, Strided x, Strided a, Strided y) {
    throw NotYet.on("recurrence", device);
  }
}
