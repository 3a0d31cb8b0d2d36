package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.tensor.Tensor;

/**
 * The greatest element of every window of sequences (n, c, length); padding counts as minus
 * infinity.
 */
public final class MaxPool1d extends Pooling {
  private final long kernel;
  private final Options options;

  /**
   * How the windows slide.
   *
   * @param stride the distance of two windows
   * @param padding what is added on each side, at most half the kernel
   * @param dilation the distance of two elements of a window
   * @param rounding what happens at the end
   */
  public record Options(long stride, long padding, long dilation, Rounding rounding) {
    /** Checks the numbers. */
    public Options {
      Lines.atLeast("MaxPool1d", "the stride", 1, stride);
      Lines.atLeast("MaxPool1d", "the padding", 0, padding);
      Lines.atLeast("MaxPool1d", "the dilation", 1, dilation);
      given("MaxPool1d", "rounding", rounding);
    }

    /** Returns these options with another stride. */
    public Options stride(long stride) {
      return new Options(stride, padding, dilation, rounding);
    }

    /** Returns these options with another padding. */
    public Options padding(long padding) {
      return new Options(stride, padding, dilation, rounding);
    }

    /** Returns these options with another dilation. */
    public Options dilation(long dilation) {
      return new Options(stride, padding, dilation, rounding);
    }

    /** Returns these options with another rounding. */
    public Options rounding(Rounding rounding) {
      return new Options(stride, padding, dilation, rounding);
    }

    /** The same for images of one row. */
    MaxPool2d.Options overRows() {
      return new MaxPool2d.Options(
          new Pair(1, stride), new Pair(0, padding), new Pair(1, dilation), rounding);
    }
  }

  /** Returns PyTorch's defaults: the stride is the kernel, no padding, dilation 1, rounded down. */
  public static Options options(long kernel) {
    Lines.atLeast("MaxPool1d", "the kernel", 1, kernel);
    return new Options(kernel, 0, 1, Rounding.FLOOR);
  }

  /** Makes a layer with windows side by side. */
  public MaxPool1d(long kernel) {
    this(kernel, options(kernel));
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if the kernel is empty, or the padding is more than half of it
   */
  public MaxPool1d(long kernel, Options options) {
    this.kernel = kernel;
    this.options = given("MaxPool1d", "options", options);
    Lines.checkWindow("MaxPool1d", kernel, options.padding);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.maxPool1d(x, kernel, options);
  }

  @Override
  protected String extraRepr() {
    return maxima(kernel, options.stride, options.padding, options.dilation, options.rounding);
  }
}
