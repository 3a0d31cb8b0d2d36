package dev.chagres.backend.cpu;

import static dev.chagres.ffi.kernels.KernelsLibrary.*;

import dev.chagres.core.DType;
import java.lang.foreign.MemorySegment;

/**
 * The door to the C kernels of layer and batch normalization. The rules are those of {@link
 * Kernels}.
 */
final class NormalizingCalls {
  private NormalizingCalls() {}

  static void layerNorm(
      DType dtype,
      long rows,
      long n,
      double eps,
      MemorySegment x,
      MemorySegment weight,
      MemorySegment bias,
      MemorySegment y,
      MemorySegment mean,
      MemorySegment scale) {
    Kernels.require();
    Kernels.check(ch_layer_norm(dtype.ordinal(), rows, n, eps, x, weight, bias, y, mean, scale));
  }

  static void layerNormBackward(
      DType dtype,
      long rows,
      long n,
      MemorySegment g,
      MemorySegment x,
      MemorySegment weight,
      MemorySegment mean,
      MemorySegment scale,
      MemorySegment gx,
      MemorySegment gweight,
      MemorySegment gbias) {
    Kernels.require();
    Kernels.check(
        ch_layer_norm_backward(
            dtype.ordinal(), rows, n, g, x, weight, mean, scale, gx, gweight, gbias));
  }

  static void batchCenters(
      DType dtype, long channels, long n, MemorySegment x, MemorySegment center) {
    Kernels.require();
    Kernels.check(ch_batch_centers(dtype.ordinal(), channels, n, x, center));
  }

  static void batchSums(
      DType dtype,
      long rows,
      long channels,
      long n,
      long step,
      MemorySegment g,
      MemorySegment x,
      MemorySegment center,
      MemorySegment sum,
      MemorySegment product) {
    Kernels.require();
    Kernels.check(
        ch_batch_sums(dtype.ordinal(), rows, channels, n, step, g, x, center, sum, product));
  }

  static void batchNormPlaces(
      DType dtype,
      long channels,
      long all,
      double count,
      double momentum,
      double eps,
      MemorySegment sums,
      MemorySegment statistics,
      MemorySegment weight,
      MemorySegment bias,
      MemorySegment mean,
      MemorySegment variance,
      MemorySegment places) {
    Kernels.require();
    Kernels.check(
        ch_batch_norm_places(
            dtype.ordinal(),
            channels,
            all,
            count,
            momentum,
            eps,
            sums,
            statistics,
            weight,
            bias,
            mean,
            variance,
            places));
  }

  static void batchSlopePlaces(
      DType dtype,
      long channels,
      long all,
      double count,
      MemorySegment sums,
      MemorySegment statistics,
      MemorySegment weight,
      MemorySegment places,
      MemorySegment gweight,
      MemorySegment gbias) {
    Kernels.require();
    Kernels.check(
        ch_batch_slope_places(
            dtype.ordinal(),
            channels,
            all,
            count,
            sums,
            statistics,
            weight,
            places,
            gweight,
            gbias));
  }

  static void batchPut(
      DType dtype,
      long rows,
      long channels,
      long n,
      long step,
      MemorySegment g,
      MemorySegment x,
      MemorySegment places,
      long all,
      MemorySegment y) {
    Kernels.require();
    Kernels.check(ch_batch_put(dtype.ordinal(), rows, channels, n, step, g, x, places, all, y));
  }
}
