package dev.chagres.observe;

import dev.chagres.backend.NormalizationKernels;
import dev.chagres.backend.Strided;
import dev.chagres.primitive.BatchNormForm;
import org.jspecify.annotations.Nullable;

/** Normalization, which an observer is shown. */
record ObservedNormalization(NormalizationKernels device, Observer observer)
    implements NormalizationKernels {

  @Override
  public void layerNorm(
      Strided x,
      @Nullable Strided weight,
      @Nullable Strided bias,
      double eps,
      Strided y,
      Strided statistics) {
    observer.kernel(
        () -> device.layerNorm(x, weight, bias, eps, y, statistics),
        () -> Work.of("layerNorm", x).touches(x, weight, bias, y, statistics));
  }

  @Override
  public void layerNormBackward(
      Strided g,
      Strided x,
      @Nullable Strided weight,
      Strided statistics,
      @Nullable Strided gx,
      @Nullable Strided gweight,
      @Nullable Strided gbias) {
    observer.kernel(
        () -> device.layerNormBackward(g, x, weight, statistics, gx, gweight, gbias),
        () ->
            Work.of("layerNormBackward", g).touches(g, x, weight, statistics, gx, gweight, gbias));
  }

  @Override
  public void batchNorm(
      BatchNormForm form,
      Strided x,
      @Nullable Strided weight,
      @Nullable Strided bias,
      @Nullable Strided mean,
      @Nullable Strided variance,
      Strided y,
      Strided statistics) {
    observer.kernel(
        () -> device.batchNorm(form, x, weight, bias, mean, variance, y, statistics),
        () -> Work.of("batchNorm", x).touches(x, weight, bias, mean, variance, y, statistics));
  }

  @Override
  public void batchNormBackward(
      BatchNormForm form,
      Strided g,
      Strided x,
      @Nullable Strided weight,
      Strided statistics,
      @Nullable Strided gx,
      @Nullable Strided gweight,
      @Nullable Strided gbias) {
    observer.kernel(
        () -> device.batchNormBackward(form, g, x, weight, statistics, gx, gweight, gbias),
        () ->
            Work.of("batchNormBackward", g).touches(g, x, weight, statistics, gx, gweight, gbias));
  }
}
