package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Rounding;
import dev.chagres.core.Triple;
import dev.chagres.tensor.Tensor;

/**
 * The greatest element of every window of volumes (n, c, d, h, w). Sizes follow as for {@link
 * Conv3d}; padding counts as minus infinity.
 */
public final class MaxPool3d extends Pooling {
  private final Triple kernel;
  private final Options options;

  /**
   * How the windows slide.
   *
   * @param stride the distance of two windows
   * @param padding planes, rows and columns added on each side, at most half the kernel
   * @param dilation the distance of two elements of a window
   * @param rounding what happens at the end
   */
  public record Options(Triple stride, Triple padding, Triple dilation, Rounding rounding) {
    /** Checks the numbers. */
    public Options {
      given("MaxPool3d", "rounding", rounding);
      Volumes.checkWindow("MaxPool3d", "the stride", stride);
      Volumes.checkPadding("MaxPool3d", "the padding", padding);
      Volumes.checkWindow("MaxPool3d", "the dilation", dilation);
    }

    /** Returns these options with another stride. */
    public Options stride(long stride) {
      return stride(Triple.of(stride));
    }

    /** Returns these options with another stride. */
    public Options stride(Triple stride) {
      return new Options(stride, padding, dilation, rounding);
    }

    /** Returns these options with another padding. */
    public Options padding(long padding) {
      return padding(Triple.of(padding));
    }

    /** Returns these options with another padding. */
    public Options padding(Triple padding) {
      return new Options(stride, padding, dilation, rounding);
    }

    /** Returns these options with another dilation. */
    public Options dilation(long dilation) {
      return dilation(Triple.of(dilation));
    }

    /** Returns these options with another dilation. */
    public Options dilation(Triple dilation) {
      return new Options(stride, padding, dilation, rounding);
    }

    /** Returns these options with another rounding. */
    public Options rounding(Rounding rounding) {
      return new Options(stride, padding, dilation, rounding);
    }
  }

  /**
   * Returns PyTorch's defaults for windows of a size: the stride is that size, no padding, dilation
   * 1, rounded down.
   */
  public static Options options(long kernel) {
    return options(Triple.of(kernel));
  }

  /**
   * Returns PyTorch's defaults for windows of a size: the stride is that size, no padding, dilation
   * 1, rounded down.
   */
  public static Options options(Triple kernel) {
    Volumes.checkWindow("MaxPool3d", "the kernel", kernel);
    return new Options(kernel, Triple.of(0), Triple.of(1), Rounding.FLOOR);
  }

  /** Makes a layer with cubic windows side by side. */
  public MaxPool3d(long kernel) {
    this(Triple.of(kernel), options(kernel));
  }

  /** Makes a layer with cubic windows. */
  public MaxPool3d(long kernel, Options options) {
    this(Triple.of(kernel), options);
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if the kernel is empty, or the padding is more than half of it
   */
  public MaxPool3d(Triple kernel, Options options) {
    Volumes.checkWindow("MaxPool3d", "the kernel", kernel);
    this.kernel = kernel;
    this.options = given("MaxPool3d", "options", options);
    Volumes.requireAtMostHalf("MaxPool3d", options.padding, kernel);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.maxPool3d(x, kernel, options);
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
