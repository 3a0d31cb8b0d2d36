package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Triple;
import dev.chagres.tensor.Tensor;

/**
 * The greatest elements of windows of volumes (n, c, d, h, w) or (c, d, h, w) that give a result of
 * the wanted size: of so many planes, rows and columns, or {@link AdaptiveAvgPool2d#SAME} for as
 * many as the volumes have.
 */
public final class AdaptiveMaxPool3d extends AdaptivePool {
  private final Triple outputSize;

  /** Makes a layer whose results have so many planes, rows and columns. */
  public AdaptiveMaxPool3d(long outputSize) {
    this(Triple.of(outputSize));
  }

  /**
   * Makes a layer whose results have this size.
   *
   * @throws IllegalArgumentException if a number is negative, but for {@link
   *     AdaptiveAvgPool2d#SAME}
   */
  public AdaptiveMaxPool3d(Triple outputSize) {
    given("AdaptiveMaxPool3d", "outputSize", outputSize);
    super(outputSize.depth(), outputSize.height(), outputSize.width());
    this.outputSize = outputSize;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.adaptiveMaxPool3d(x, outputSize);
  }
}
