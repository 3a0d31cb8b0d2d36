package dev.chagres.backend;

import org.jspecify.annotations.Nullable;

/** Layer normalization of contiguous (rows, n), n &gt; 0. */
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

  /** The gradients of input, weight and bias from {@code g} and the saved statistics. */
  void layerNormBackward(
      Strided g,
      Strided x,
      @Nullable Strided weight,
      Strided statistics,
      Strided gx,
      Strided gweight,
      Strided gbias);
}
