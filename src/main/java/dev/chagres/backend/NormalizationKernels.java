package dev.chagres.backend;

import dev.chagres.primitive.BatchNormForm;
import org.jspecify.annotations.Nullable;

/** Layer normalization of contiguous (rows, n), n &gt; 0, and batch normalization. */
public interface NormalizationKernels {
  /**
   * {@code y = (x - mean) * scale * weight + bias} with the scale {@code 1 / sqrt(variance + eps)};
   * weight and bias (n) may be absent. {@code statistics}, float64, takes the means and the scales
   * (2, rows).
   */
  void layerNorm(
      Strided x,
      @Nullable Strided weight,
      @Nullable Strided bias,
      double eps,
      Strided y,
      Strided statistics);

  /**
   * The gradients of input, weight and bias from {@code g} and the saved statistics; null for those
   * that nobody wants, but for one of them at least.
   */
  void layerNormBackward(
      Strided g,
      Strided x,
      @Nullable Strided weight,
      Strided statistics,
      @Nullable Strided gx,
      @Nullable Strided gweight,
      @Nullable Strided gbias);

  /**
   * {@code y = (x - mean) * scale * weight + bias} with the scale {@code 1 / sqrt(variance + eps)}
   * for each channel of contiguous (outer, channels, n), which is not empty; y is like x, and the
   * others (channels) of the dtype that x is computed in: float32 for 16 bits. Weight and bias may
   * be absent. In training mean and variance are those over the rest, towards which those that are
   * given move, if they are; else they are given. {@code statistics}, float64, takes the means and
   * the scales (2, channels). On CPUs not of 16 bits.
   */
  void batchNorm(
      BatchNormForm form,
      Strided x,
      @Nullable Strided weight,
      @Nullable Strided bias,
      @Nullable Strided mean,
      @Nullable Strided variance,
      Strided y,
      Strided statistics);

  /**
   * The gradients of input, weight and bias from {@code g} and the saved statistics; null for those
   * that nobody wants, but for one of them at least.
   */
  void batchNormBackward(
      BatchNormForm form,
      Strided g,
      Strided x,
      @Nullable Strided weight,
      Strided statistics,
      @Nullable Strided gx,
      @Nullable Strided gweight,
      @Nullable Strided gbias);
}
