package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * The way back of {@link MaxPool1d} of sequences: 0 but for the greatest elements, which lie where
 * {@link Functional#maxPool1dWithIndices} said that they were.
 */
public final class MaxUnpool1d extends MaxUnpool {
  private final long kernel;
  private final long stride;
  private final long padding;

  /** Makes a layer for windows that were side by side. */
  public MaxUnpool1d(long kernel) {
    this(kernel, kernel, 0);
  }

  /**
   * Makes a layer for windows with these numbers.
   *
   * @throws IllegalArgumentException if kernel or stride are empty, or the padding is negative
   */
  public MaxUnpool1d(long kernel, long stride, long padding) {
    Lines.atLeast("MaxUnpool1d", "the kernel", 1, kernel);
    Lines.atLeast("MaxUnpool1d", "the stride", 1, stride);
    Lines.atLeast("MaxUnpool1d", "the padding", 0, padding);
    Unpooling.checkMost("MaxUnpool1d", kernel, stride, padding);
    this.kernel = kernel;
    this.stride = stride;
    this.padding = padding;
  }

  @Override
  Tensor unpooled(Tensor x, Tensor indices) {
    return Functional.maxUnpool1d(x, indices, Unpooling.size(x.size(-1), kernel, stride, padding));
  }

  @Override
  protected String extraRepr() {
    return Pooling.means("(" + kernel + ",)", "(" + stride + ",)", "(" + padding + ",)");
  }
}
