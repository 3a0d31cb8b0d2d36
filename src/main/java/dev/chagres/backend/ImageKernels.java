package dev.chagres.backend;

import org.jspecify.annotations.Nullable;

/** Convolution and pooling of contiguous (N, C, H, W). */
public interface ImageKernels {
  /**
   * {@code y (N, O, OH, OW)} from {@code x (N, C, H, W)}, {@code weight (O, C / groups, KH, KW)}
   * and a bias (O) or null.
   */
  void conv2d(
      Strided x, Strided weight, @Nullable Strided bias, Window window, int groups, Strided y);

  /** The gradient with respect to x. */
  void conv2dInput(Strided g, Strided weight, Window window, int groups, Strided gx);

  /** The gradient with respect to the weight. */
  void conv2dWeight(Strided g, Strided x, Window window, int groups, Strided gw);

  /**
   * The maximum of each window and its flat position in the plane (int64); minus infinity and -1
   * for a window that meets no pixel.
   */
  void maxPool2d(Strided x, Window window, Strided y, Strided positions);

  /**
   * Its gradient: x is 0 but for the sums of what of g has the same position; -1 counts nowhere.
   */
  void maxUnpool2d(Strided g, Strided positions, Strided x);
}
