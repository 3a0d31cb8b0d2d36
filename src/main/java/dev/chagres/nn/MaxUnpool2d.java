package dev.chagres.nn;

import dev.chagres.core.Pair;
import dev.chagres.tensor.Tensor;

/**
 * The way back of {@link MaxPool2d} of images: 0 but for the greatest elements, which lie where
 * {@link Functional#maxPool2dWithIndices} said that they were.
 */
public final class MaxUnpool2d extends MaxUnpool {
  private final Pair kernel;
  private final Pair stride;
  private final Pair padding;

  /** Makes a layer for windows that were side by side. */
  public MaxUnpool2d(long kernel) {
    this(Pair.of(kernel), Pair.of(kernel), Pair.of(0));
  }

  /**
   * Makes a layer for windows with these numbers.
   *
   * @throws IllegalArgumentException if kernel or stride are empty, or the padding is negative
   */
  public MaxUnpool2d(Pair kernel, Pair stride, Pair padding) {
    Images.checkWindow("MaxUnpool2d", "the kernel", kernel);
    Images.checkWindow("MaxUnpool2d", "the stride", stride);
    Images.checkPadding("MaxUnpool2d", "the padding", padding);
    Unpooling.checkMost(
        "MaxUnpool2d",
        kernel.height(),
        kernel.width(),
        stride.height(),
        stride.width(),
        padding.height(),
        padding.width());
    this.kernel = kernel;
    this.stride = stride;
    this.padding = padding;
  }

  @Override
  Tensor unpooled(Tensor x, Tensor indices) {
    return Functional.maxUnpool2d(
        x,
        indices,
        new Pair(
            Unpooling.size(x.size(-2), kernel.height(), stride.height(), padding.height()),
            Unpooling.size(x.size(-1), kernel.width(), stride.width(), padding.width())));
  }

  @Override
  protected String extraRepr() {
    return Pooling.means(kernel, stride, padding);
  }
}
