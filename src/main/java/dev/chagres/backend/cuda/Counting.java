package dev.chagres.backend.cuda;

import dev.chagres.backend.Strided;

/** Counts, and positions that depend on values. */
final class Counting {
  private final CudaDevice device;

  Counting(CudaDevice device) {
    this.device = device;
  }

  long countTrue(Strided mask) {
    throw NotYet.on("countTrue", device);
  }

  void positions(Strided mask, Strided positions) {
    throw NotYet.on("positions", device);
  }

  void repeats(Strided counts, Strided y) {
    throw NotYet.on("repeats", device);
  }

  void count(Strided positions, Strided counts) {
    throw NotYet.on("count", device);
  }

  void histogram(Strided x, double low, double high, Strided counts) {
    throw NotYet.on("histogram", device);
  }
}
