package dev.chagres.backend.cuda;

import dev.chagres.backend.Strided;
import org.jspecify.annotations.Nullable;

/** Layer normalization. */
final class Normalizing {
  private final CudaDevice device;

  Normalizing(CudaDevice device) {
    this.device = device;
  }

  void layerNorm(
      Strided x,
      @Nullable Strided weight,
      @Nullable Strided bias,
      double eps,
      Strided y,
      Strided statistics) {
    throw NotYet.on("layerNorm", device);
  }

  void layerNormBackward(
      Strided g,
      Strided x,
      @Nullable Strided weight,
      Strided statistics,
      Strided gx,
      Strided gweight,
      Strided gbias) {
    throw NotYet.on("layerNormBackward", device);
  }
}
