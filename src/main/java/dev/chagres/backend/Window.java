package dev.chagres.backend;

import dev.chagres.core.Rounding;
import dev.chagres.core.Shape;

/**
 * How a kernel slides over an image: sizes in (height, width) pairs. A window position {@code p}
 * starts at {@code p * stride - padding} and takes every {@code dilation}-th element.
 */
public record Window(
    long kernelHeight,
    long kernelWidth,
    long strideHeight,
    long strideWidth,
    long paddingHeight,
    long paddingWidth,
    long dilationHeight,
    long dilationWidth) {

  /**
   * Returns the number of window positions along a height; {@code ceil} lets a last window start
   * inside the image or left padding and end outside.
   */
  public long outputHeight(long height, Rounding rounding) {
    return output(height, kernelHeight, strideHeight, paddingHeight, dilationHeight, rounding);
  }

  /** Returns the number of window positions along a width. */
  public long outputWidth(long width, Rounding rounding) {
    return output(width, kernelWidth, strideWidth, paddingWidth, dilationWidth, rounding);
  }

  /** Returns the sizes of a pass over images as the kernels of images take them. */
  public long[] geometry(long channels, Shape image, Shape result) {
    return new long[] {
      channels,
      image.size(2),
      image.size(3),
      kernelHeight,
      kernelWidth,
      strideHeight,
      strideWidth,
      paddingHeight,
      paddingWidth,
      dilationHeight,
      dilationWidth,
      result.size(2),
      result.size(3)
    };
  }

  private static long output(
      long size, long kernel, long stride, long padding, long dilation, Rounding rounding) {
    if (kernel > 1 && dilation > Long.MAX_VALUE / 4 / (kernel - 1)) {
      return 0;
    }
    if (padding > Long.MAX_VALUE / 8) {
      throw new IllegalArgumentException("a padding of " + padding + " is out of range");
    }
    long room = size + 2 * padding - dilation * (kernel - 1) - 1;
    long count = Math.floorDiv(room, stride) + 1;
    // Rounded up, a window that is larger than its side may begin within.
    boolean another =
        rounding == Rounding.CEIL && room % stride != 0 && count * stride < size + padding;
    return Math.max(0, another ? count + 1 : count);
  }
}
