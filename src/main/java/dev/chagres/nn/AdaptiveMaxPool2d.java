package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.tensor.Tensor;

/**
 * The greatest elements of windows of images (n, c, h, w) or (c, h, w) that give a result of the
 * wanted size: of so many rows and columns, or {@link AdaptiveAvgPool2d#SAME} for as many as the
 * images have.
 */
public final class AdaptiveMaxPool2d extends AdaptivePool {
  private final Pair outputSize;

  /** Makes a layer whose results have so many rows, and so many columns. */
  public AdaptiveMaxPool2d(long outputSize) {
    this(Pair.of(outputSize));
  }

  /**
   * Makes a layer whose results have this size.
   *
   * @throws IllegalArgumentException if a number is negative, but for {@link
   *     AdaptiveAvgPool2d#SAME}
   */
  public AdaptiveMaxPool2d(Pair outputSize) {
    given("AdaptiveMaxPool2d", "outputSize", outputSize);
    super(outputSize.height(), outputSize.width());
    this.outputSize = outputSize;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.adaptiveMaxPool2d(x, outputSize);
  }
}
