package dev.chagres.nn;

import static dev.chagres.check.Named.named;

import dev.chagres.core.Triple;
import dev.chagres.tensor.Located;
import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** The functions of {@link Functional} about volumes. */
abstract sealed class VolumeFunctions extends ActivationFunctions permits DroppingFunctions {
  VolumeFunctions() {}

  // ---- convolutions

  /** Returns the cross-correlation of volumes and kernels, with steps of 1 and no padding. */
  public static Tensor conv3d(Tensor x, Tensor weight) {
    return conv3d(x, weight, null, Conv3d.options());
  }

  /**
   * Returns the cross-correlation of volumes (n, in, d, h, w) or (in, d, h, w) with kernels (out,
   * in / groups, kd, kh, kw), plus a bias (out) or null. The options' own bias does not matter
   * here. It holds the volumes once more for each plane of the kernel.
   *
   * @throws IllegalArgumentException if shapes or dtypes do not fit
   */
  public static Tensor conv3d(
      Tensor x, Tensor weight, @Nullable Tensor bias, Conv3d.Options options) {
    return named("conv3d", () -> Volumes.conv3d(x, weight, bias, options));
  }

  /** Returns the transposed convolution, with steps of 1 and no padding. */
  public static Tensor convTranspose3d(Tensor x, Tensor weight) {
    return convTranspose3d(x, weight, null, ConvTranspose3d.options());
  }

  /**
   * Returns volumes whose cross-correlation with kernels (in, out / groups, kd, kh, kw) would have
   * the shape of x (n, in, d, h, w) or (in, d, h, w), of which they are the gradient, plus a bias
   * (out) or null. The options' own bias does not matter here.
   *
   * @throws IllegalArgumentException if shapes or dtypes do not fit
   */
  public static Tensor convTranspose3d(
      Tensor x, Tensor weight, @Nullable Tensor bias, ConvTranspose3d.Options options) {
    return named("convTranspose3d", () -> Volumes.convTranspose3d(x, weight, bias, options));
  }

  // ---- pooling

  /** Returns the greatest element of every cube of this width, side by side. */
  public static Tensor maxPool3d(Tensor x, long kernel) {
    return maxPool3d(x, kernel, MaxPool3d.options(kernel));
  }

  /** Returns the greatest element of every cube of this width. */
  public static Tensor maxPool3d(Tensor x, long kernel, MaxPool3d.Options options) {
    return maxPool3d(x, Triple.of(kernel), options);
  }

  /** Returns the greatest element of every window of volumes (n, c, d, h, w) or (c, d, h, w). */
  public static Tensor maxPool3d(Tensor x, Triple kernel, MaxPool3d.Options options) {
    return named("maxPool3d", () -> VolumePooling.maxima("maxPool3d", x, kernel, options).values());
  }

  /**
   * Returns the greatest elements and their positions in their volume, counted row by row and plane
   * by plane; -1 of a window that meets no element.
   */
  public static Located maxPool3dWithIndices(Tensor x, Triple kernel, MaxPool3d.Options options) {
    return named(
        "maxPool3dWithIndices",
        () -> VolumePooling.maxima("maxPool3dWithIndices", x, kernel, options));
  }

  /** Returns the mean of every cube of this width, side by side. */
  public static Tensor avgPool3d(Tensor x, long kernel) {
    return avgPool3d(x, kernel, AvgPool3d.options(kernel));
  }

  /** Returns the mean of every cube of this width. */
  public static Tensor avgPool3d(Tensor x, long kernel, AvgPool3d.Options options) {
    return avgPool3d(x, Triple.of(kernel), options);
  }

  /** Returns the mean of every window of volumes (n, c, d, h, w) or (c, d, h, w). */
  public static Tensor avgPool3d(Tensor x, Triple kernel, AvgPool3d.Options options) {
    return named("avgPool3d", () -> VolumePooling.means(x, kernel, options));
  }
}
