package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.tensor.Tensor;

/** The mean of every window of sequences (n, c, length). */
public final class AvgPool1d extends Pooling {
  private final long kernel;
  private final Options options;

  /**
   * How the windows slide.
   *
   * @param stride the distance of two windows
   * @param padding how many zeros are added on each side, at most half the kernel
   * @param rounding what happens at the end
   * @param counting whether padding is counted
   */
  public record Options(long stride, long padding, Rounding rounding, AvgPool2d.Padding counting) {
    /** Checks the numbers. */
    public Options {
      Lines.atLeast("AvgPool1d", "the stride", 1, stride);
      Lines.atLeast("AvgPool1d", "the padding", 0, padding);
      given("AvgPool1d", "rounding", rounding);
      given("AvgPool1d", "counting", counting);
    }

    /** Returns these options with another stride. */
    public Options stride(long stride) {
      return new Options(stride, padding, rounding, counting);
    }

    /** Returns these options with another padding. */
    public Options padding(long padding) {
      return new Options(stride, padding, rounding, counting);
    }

    /** Returns these options with another rounding. */
    public Options rounding(Rounding rounding) {
      return new Options(stride, padding, rounding, counting);
    }

    /** Returns these options with padding counted or left out. */
    public Options counting(AvgPool2d.Padding counting) {
      return new Options(stride, padding, rounding, counting);
    }

    /** The same for images of one row. */
    AvgPool2d.Options overRows() {
      return new AvgPool2d.Options(
          new Pair(1, stride), new Pair(0, padding), rounding, counting, 0);
    }
  }

  /** Returns PyTorch's defaults: the stride is the kernel, no padding, rounded down. */
  public static Options options(long kernel) {
    Lines.atLeast("AvgPool1d", "the kernel", 1, kernel);
    return new Options(kernel, 0, Rounding.FLOOR, AvgPool2d.Padding.COUNTED);
  }

  /** Makes a layer with windows side by side. */
  public AvgPool1d(long kernel) {
    this(kernel, options(kernel));
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if the kernel is empty, or the padding is more than half of it
   */
  public AvgPool1d(long kernel, Options options) {
    this.kernel = kernel;
    this.options = given("AvgPool1d", "options", options);
    Lines.checkWindow("AvgPool1d", kernel, options.padding);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.avgPool1d(x, kernel, options);
  }

  @Override
  protected String extraRepr() {
    return means("(" + kernel + ",)", "(" + options.stride + ",)", "(" + options.padding + ",)");
  }
}
