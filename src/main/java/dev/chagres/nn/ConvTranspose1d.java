package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way back of a convolution: from sequences (n, in, length) to what a convolution with the same
 * numbers would make them of, by learned kernels (in, out / groups, k), plus a bias (out). A size
 * of the result is {@code (size - 1) stride - 2 padding + dilation (kernel - 1) + output padding +
 * 1}.
 */
public final class ConvTranspose1d extends TransposedLayer {
  private final Options options;

  /**
   * How the kernels slide.
   *
   * @param stride the distance of two windows in the result
   * @param padding what is cut off on each side of the result
   * @param outputPadding what is added behind, less than the stride or the dilation
   * @param dilation the distance of two elements of a window
   * @param groups into how many independent parts the channels are divided
   * @param bias whether one is added
   */
  public record Options(
      long stride, long padding, long outputPadding, long dilation, int groups, Bias bias) {
    /** Checks the numbers. */
    public Options {
      given("ConvTranspose1d", "bias", bias);
      Lines.atLeast("ConvTranspose1d", "the stride", 1, stride);
      Lines.atLeast("ConvTranspose1d", "the padding", 0, padding);
      Lines.atLeast("ConvTranspose1d", "the output's padding", 0, outputPadding);
      Lines.atLeast("ConvTranspose1d", "the dilation", 1, dilation);
      Lines.atLeast("ConvTranspose1d", "the number of groups", 1, groups);
    }

    /** Returns these options with another stride. */
    public Options stride(long stride) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }

    /** Returns these options with another padding. */
    public Options padding(long padding) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }

    /** Returns these options with another padding of the output. */
    public Options outputPadding(long outputPadding) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }

    /** Returns these options with another dilation. */
    public Options dilation(long dilation) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }

    /** Returns these options with the channels divided into groups. */
    public Options groups(int groups) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }

    /** Returns these options with or without a bias. */
    public Options bias(Bias bias) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }

    /** The same for images of one row. */
    ConvTranspose2d.Options overRows() {
      return new ConvTranspose2d.Options(
          new Pair(1, stride),
          new Pair(0, padding),
          new Pair(0, outputPadding),
          new Pair(1, dilation),
          groups,
          bias);
    }
  }

  /** Returns PyTorch's defaults: stride 1, no padding, dilation 1, one group, a bias. */
  public static Options options() {
    return new Options(1, 0, 0, 1, 1, Bias.LEARNED);
  }

  /** Makes a layer with the defaults. */
  public ConvTranspose1d(long inChannels, long outChannels, long kernel) {
    this(inChannels, outChannels, kernel, options());
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if the kernel is empty, a number of channels is negative, the
   *     groups do not divide the channels, or the output's padding is neither below the stride nor
   *     below the dilation
   */
  public ConvTranspose1d(long inChannels, long outChannels, long kernel, Options options) {
    super(
        form(inChannels, outChannels, kernel, options),
        new Steps(
            Tuples.of(options.stride),
            Tuples.of(options.padding),
            Tuples.of(options.outputPadding),
            Tuples.of(options.dilation)),
        options.bias);
    this.options = options;
  }

  private static Form form(long in, long out, long kernel, Options options) {
    int groups =
        given("ConvTranspose1d", "options", options).overRows().checked("ConvTranspose1d").groups();
    Lines.atLeast("ConvTranspose1d", "the kernel", 1, kernel);
    return new Form(Way.BACK, in, out, groups, Tuples.of(kernel)).checked("ConvTranspose1d");
  }

  @Override
  Tensor convolved(Tensor x, Tensor weight, @Nullable Tensor bias, List<Long> outputPadding) {
    return Functional.convTranspose1d(
        x, weight, bias, options.outputPadding(outputPadding.getFirst()));
  }
}
