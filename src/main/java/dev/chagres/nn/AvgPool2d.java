package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.primitive.Sliding;
import dev.chagres.tensor.Tensor;

/** The mean of every window of images (n, c, h, w). Padding counts as zeros, and counts. */
public final class AvgPool2d extends Module {
  private final Pair kernel;
  private final Options options;

  /**
   * How the windows slide.
   *
   * @param stride the distance of two windows
   * @param padding rows and columns of zeros added on each side, at most half the kernel
   */
  public record Options(Pair stride, Pair padding) {
    /** Checks the numbers. */
    public Options {
      Images.checkWindow("AvgPool2d", "the stride", stride);
      Images.checkPadding("AvgPool2d", "the padding", padding);
    }

    /** Returns these options with another stride. */
    public Options stride(long stride) {
      return stride(Pair.of(stride));
    }

    /** Returns these options with another stride. */
    public Options stride(Pair stride) {
      return new Options(stride, padding);
    }

    /** Returns these options with another padding. */
    public Options padding(long padding) {
      return padding(Pair.of(padding));
    }

    /** Returns these options with another padding. */
    public Options padding(Pair padding) {
      return new Options(stride, padding);
    }
  }

  /** Returns PyTorch's defaults for windows of a size: the stride is that size, no padding. */
  public static Options options(long kernel) {
    return options(Pair.of(kernel));
  }

  /** Returns PyTorch's defaults for windows of a size: the stride is that size, no padding. */
  public static Options options(Pair kernel) {
    Images.checkWindow("AvgPool2d", "the kernel", kernel);
    return new Options(kernel, Pair.of(0));
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
    return "kernel_size="
        + kernel.shortest()
        + ", stride="
        + options.stride.shortest()
        + ", padding="
        + options.padding.shortest();
  }
}
