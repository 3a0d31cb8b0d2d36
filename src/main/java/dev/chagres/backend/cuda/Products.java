package dev.chagres.backend.cuda;

import dev.chagres.backend.Strided;

/** Matrix products. */
final class Products {
  private final CudaDevice device;

  Products(CudaDevice device) {
    this.device = device;
  }

  void matmul(double alpha, Strided a, Strided b, double beta, Strided y) {
    throw NotYet.on("matmul", device);
  }
}
