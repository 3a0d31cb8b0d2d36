package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.primitive.Sliding;
import dev.chagres.tensor.Tensor;

/**
 * The greatest element of every window of images (n, c, h, w). Sizes follow as for {@link Conv2d};
 * padding counts as minus infinity.
 */
public final class MaxPool2d extends Pooling {
  private final Pair kernel;
  private final Options options;

  /**
   * How the windows slide.
   *
   * @param stride the distance of two windows
   * @param padding rows and columns added on each side, at most half the kernel
   * @param dilation the distance of two elements of a window
   * @param rounding what happens at the end
   */
  public record Options(Pair stride, Pair padding, Pair dilation, Rounding rounding) {
    /** Checks the numbers. */
    public Options {
      Images.checkWindow("MaxPool2d", "the stride", stride);
      Images.checkPadding("MaxPool2d", "the padding", padding);
      Images.checkWindow("MaxPool2d", "the dilation", dilation);
      given("MaxPool2d", "rounding", rounding);
    }

    /** Returns these options with another stride. */
    public Options stride(long stride) {
      return stride(Pair.of(stride));
    }

    /** Returns these options with another stride. */
    public Options stride(Pair stride) {
      return new Options(stride, padding, dilation, rounding);
    }

    /** Returns these options with another padding. */
    public Options padding(long padding) {
      return padding(Pair.of(padding));
    }

    /** Returns these options with another padding. */
    public Options padding(Pair padding) {
      return new Options(stride, padding, dilation, rounding);
    }

    /** Returns these options with another dilation. */
    public Options dilation(long dilation) {
      return dilation(Pair.of(dilation));
    }

    /** Returns these options with another dilation. */
    public Options dilation(Pair dilation) {
      return new Options(stride, padding, dilation, rounding);
    }

    /** Returns these options with another rounding. */
    public Options rounding(Rounding rounding) {
      return new Options(stride, padding, dilation, rounding);
    }

    Sliding sliding() {
      return new Sliding(stride, padding, dilation);
    }
  }

  /**
   * Returns PyTorch's defaults for windows of a size: the stride is that size, no padding, dilation
   * 1, rounded down.
   */
  public static Options options(long kernel) {
    return options(Pair.of(kernel));
  }

  /**
   * Returns PyTorch's defaults for windows of a size: the stride is that size, no padding, dilation
   * 1, rounded down.
   */
  public static Options options(Pair kernel) {
    Images.checkWindow("MaxPool2d", "the kernel", kernel);
    return new Options(kernel, Pair.of(0), Pair.of(1), Rounding.FLOOR);
  }

  /** Makes a layer with square windows side by side. */
  public MaxPool2d(long kernel) {
    this(Pair.of(kernel), options(kernel));
  }

  /** Makes a layer with square windows. */
  public MaxPool2d(long kernel, Options options) {
    this(Pair.of(kernel), options);
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if the kernel is empty, or the padding is more than half of it
   */
  public MaxPool2d(Pair kernel, Options options) {
    Images.checkWindow("MaxPool2d", "the kernel", kernel);
    this.kernel = kernel;
    this.options = given("MaxPool2d", "options", options);
    Sliding.requireAtMostHalf("MaxPool2d", options.padding, kernel);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.maxPool2d(x, kernel, options);
  }

  @Override
  protected String extraRepr() {
    return maxima(
        kernel.shortest(),
        options.stride.shortest(),
        options.padding.shortest(),
        options.dilation.shortest(),
        options.rounding);
  }
}
