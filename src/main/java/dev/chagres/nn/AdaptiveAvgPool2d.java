package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.tensor.Tensor;

/**
 * The means of windows of images (n, c, h, w) or (c, h, w) that give a result of the wanted size:
 * of so many rows and columns, or {@link #SAME} for as many as the images have.
 */
public final class AdaptiveAvgPool2d extends AdaptivePool {
  /** As many as the images have: PyTorch's {@code None}. */
  public static final long SAME = Long.MIN_VALUE;

  private final Pair outputSize;

  /** Makes a layer whose results have so many rows, and so many columns. */
  public AdaptiveAvgPool2d(long outputSize) {
    this(Pair.of(outputSize));
  }

  /**
   * Makes a layer whose results have this size.
   *
   * @throws IllegalArgumentException if a number is negative, but for {@link #SAME}
   */
  public AdaptiveAvgPool2d(Pair outputSize) {
    given("AdaptiveAvgPool2d", "outputSize", outputSize);
    super(outputSize.height(), outputSize.width());
    this.outputSize = outputSize;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.adaptiveAvgPool2d(x, outputSize);
  }
}
