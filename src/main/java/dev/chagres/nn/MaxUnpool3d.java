package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Triple;
import dev.chagres.tensor.Tensor;

/**
 * The way back of {@link MaxPool3d} of volumes: 0 but for the greatest elements, which lie where
 * {@link Functional#maxPool3dWithIndices} said that they were.
 */
public final class MaxUnpool3d extends MaxUnpool {
  private final Triple kernel;
  private final Triple stride;
  private final Triple padding;

  /** Makes a layer for windows that were side by side. */
  public MaxUnpool3d(long kernel) {
    this(Triple.of(kernel), Triple.of(kernel), Triple.of(0));
  }

  /**
   * Makes a layer for windows with these numbers.
   *
   * @throws IllegalArgumentException if kernel or stride are empty, or the padding is negative
   */
  public MaxUnpool3d(Triple kernel, Triple stride, Triple padding) {
    given("MaxUnpool3d", "the stride", stride);
    given("MaxUnpool3d", "the padding", padding);
    Volumes.checkWindow("MaxUnpool3d", "the kernel", kernel);
    Volumes.checkWindow("MaxUnpool3d", "the stride", stride);
    Volumes.checkPadding("MaxUnpool3d", "the padding", padding);
    this.kernel = kernel;
    this.stride = stride;
    this.padding = padding;
  }

  @Override
  Tensor unpooled(Tensor x, Tensor indices) {
    return Functional.maxUnpool3d(
        x,
        indices,
        new Triple(
            Unpooling.size(x.size(-3), kernel.depth(), stride.depth(), padding.depth()),
            Unpooling.size(x.size(-2), kernel.height(), stride.height(), padding.height()),
            Unpooling.size(x.size(-1), kernel.width(), stride.width(), padding.width())));
  }

  @Override
  protected String extraRepr() {
    return Pooling.means(kernel, stride, padding);
  }
}
