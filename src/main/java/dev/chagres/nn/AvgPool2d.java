package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.primitive.Sliding;
import dev.chagres.tensor.Tensor;

/**
 * The mean of every window of images (n, c, h, w), of a floating dtype or int64, whose fractions
 * are cut off.
 */
public final class AvgPool2d extends Pooling {
  private final Pair kernel;
  private final Options options;

  /** Whether the zeros of the padding are among what a mean is of. */
  public enum Padding {
    /** They are counted. */
    COUNTED,
    /** The mean is of the pixels alone. */
    LEFT_OUT
  }

  /**
   * How the windows slide, and what their sums are divided by.
   *
   * @param stride the distance of two windows
   * @param padding rows and columns of zeros added on each side, at most half the kernel
   * @param rounding what happens at the end
   * @param counting whether padding is counted
   * @param divisor what the sums are divided by, whatever the windows hold; 0 for how many they do
   */
  public record Options(
      Pair stride, Pair padding, Rounding rounding, Padding counting, long divisor) {
    /** Checks the numbers. */
    public Options {
      Images.checkWindow("AvgPool2d", "the stride", stride);
      Images.checkPadding("AvgPool2d", "the padding", padding);
      given("AvgPool2d", "rounding", rounding);
      given("AvgPool2d", "counting", counting);
    }

    /** Returns these options with another stride. */
    public Options stride(long stride) {
      return stride(Pair.of(stride));
    }

    /** Returns these options with another stride. */
    public Options stride(Pair stride) {
      return new Options(stride, padding, rounding, counting, divisor);
    }

    /** Returns these options with another padding. */
    public Options padding(long padding) {
      return padding(Pair.of(padding));
    }

    /** Returns these options with another padding. */
    public Options padding(Pair padding) {
      return new Options(stride, padding, rounding, counting, divisor);
    }

    /** Returns these options with another rounding. */
    public Options rounding(Rounding rounding) {
      return new Options(stride, padding, rounding, counting, divisor);
    }

    /** Returns these options with padding counted or left out. */
    public Options counting(Padding counting) {
      return new Options(stride, padding, rounding, counting, divisor);
    }

    /**
     * Returns these options with a divisor, which may be negative.
     *
     * @throws IllegalArgumentException if it is 0
     */
    public Options divisorOverride(long divisor) {
      if (divisor == 0) {
        throw new IllegalArgumentException("AvgPool2d: the divisor must not be 0");
      }
      return new Options(stride, padding, rounding, counting, divisor);
    }
  }

  /**
   * Returns PyTorch's defaults for windows of a size: the stride is that size, no padding, rounded
   * down.
   */
  public static Options options(long kernel) {
    return options(Pair.of(kernel));
  }

  /**
   * Returns PyTorch's defaults for windows of a size: the stride is that size, no padding, rounded
   * down.
   */
  public static Options options(Pair kernel) {
    Images.checkWindow("AvgPool2d", "the kernel", kernel);
    return new Options(kernel, Pair.of(0), Rounding.FLOOR, Padding.COUNTED, 0);
  }

  /** Makes a layer with square windows side by side. */
  public AvgPool2d(long kernel) {
    this(Pair.of(kernel), options(kernel));
  }

  /** Makes a layer with square windows. */
  public AvgPool2d(long kernel, Options options) {
    this(Pair.of(kernel), options);
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if the kernel is empty, or the padding is more than half of it
   */
  public AvgPool2d(Pair kernel, Options options) {
    Images.checkWindow("AvgPool2d", "the kernel", kernel);
    this.kernel = kernel;
    this.options = given("AvgPool2d", "options", options);
    Sliding.requireAtMostHalf("AvgPool2d", options.padding, kernel);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.avgPool2d(x, kernel, options);
  }

  @Override
  protected String extraRepr() {
    return means(kernel.shortest(), options.stride.shortest(), options.padding.shortest());
  }
}
