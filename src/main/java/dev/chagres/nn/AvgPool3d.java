package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Rounding;
import dev.chagres.core.Triple;
import dev.chagres.tensor.Tensor;

/**
 * The mean of every window of volumes (n, c, d, h, w), of a floating dtype or int64, whose
 * fractions are cut off.
 */
public final class AvgPool3d extends Pooling {
  private final Triple kernel;
  private final Options options;

  /**
   * How the windows slide, and what their sums are divided by.
   *
   * @param stride the distance of two windows
   * @param padding planes, rows and columns of zeros added on each side, at most half the kernel
   * @param rounding what happens at the end
   * @param counting whether padding is counted
   * @param divisor what the sums are divided by, whatever the windows hold; 0 for how many they do
   */
  public record Options(
      Triple stride, Triple padding, Rounding rounding, AvgPool2d.Padding counting, long divisor) {
    /** Checks the numbers. */
    public Options {
      Volumes.checkWindow("AvgPool3d", "the stride", stride);
      Volumes.checkPadding("AvgPool3d", "the padding", padding);
      given("AvgPool3d", "rounding", rounding);
      given("AvgPool3d", "counting", counting);
    }

    /** Returns these options with another stride. */
    public Options stride(long stride) {
      return stride(Triple.of(stride));
    }

    /** Returns these options with another stride. */
    public Options stride(Triple stride) {
      return new Options(stride, padding, rounding, counting, divisor);
    }

    /** Returns these options with another padding. */
    public Options padding(long padding) {
      return padding(Triple.of(padding));
    }

    /** Returns these options with another padding. */
    public Options padding(Triple padding) {
      return new Options(stride, padding, rounding, counting, divisor);
    }

    /** Returns these options with another rounding. */
    public Options rounding(Rounding rounding) {
      return new Options(stride, padding, rounding, counting, divisor);
    }

    /** Returns these options with padding counted or left out. */
    public Options counting(AvgPool2d.Padding counting) {
      return new Options(stride, padding, rounding, counting, divisor);
    }

    /**
     * Returns these options with a divisor, which may be negative.
     *
     * @throws IllegalArgumentException if it is 0
     */
    public Options divisorOverride(long divisor) {
      if (divisor == 0) {
        throw new IllegalArgumentException("AvgPool3d: the divisor must not be 0");
      }
      return new Options(stride, padding, rounding, counting, divisor);
    }
  }

  /**
   * Returns PyTorch's defaults for windows of a size: the stride is that size, no padding, rounded
   * down.
   */
  public static Options options(long kernel) {
    return options(Triple.of(kernel));
  }

  /**
   * Returns PyTorch's defaults for windows of a size: the stride is that size, no padding, rounded
   * down.
   */
  public static Options options(Triple kernel) {
    Volumes.checkWindow("AvgPool3d", "the kernel", kernel);
    return new Options(kernel, Triple.of(0), Rounding.FLOOR, AvgPool2d.Padding.COUNTED, 0);
  }

  /** Makes a layer with cubic windows side by side. */
  public AvgPool3d(long kernel) {
    this(Triple.of(kernel), options(kernel));
  }

  /** Makes a layer with cubic windows. */
  public AvgPool3d(long kernel, Options options) {
    this(Triple.of(kernel), options);
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if the kernel is empty, or the padding is more than half of it
   */
  public AvgPool3d(Triple kernel, Options options) {
    Volumes.checkWindow("AvgPool3d", "the kernel", kernel);
    this.kernel = kernel;
    this.options = given("AvgPool3d", "options", options);
    Volumes.requireAtMostHalf("AvgPool3d", options.padding, kernel);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.avgPool3d(x, kernel, options);
  }

  @Override
  protected String extraRepr() {
    return means(kernel.shortest(), options.stride.shortest(), options.padding.shortest());
  }
}
