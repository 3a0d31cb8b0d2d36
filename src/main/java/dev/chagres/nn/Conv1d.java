package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The cross-correlation of sequences (n, in, length) with learned kernels (out, in / groups, k),
 * plus a bias (out): {@link Conv2d} over one dimension.
 */
public final class Conv1d extends ConvolutionLayer {
  private final Options options;

  /**
   * How the kernels slide.
   *
   * @param stride the distance of two windows
   * @param padding how many zeros are on each side
   * @param fit whether this number counts
   * @param dilation the distance of two elements of a window
   * @param groups into how many independent parts the channels are divided
   * @param bias whether one is added
   * @param paddingMode what padding is made of, in the place of zeros
   */
  public record Options(
      long stride,
      long padding,
      Conv2d.Padding fit,
      long dilation,
      int groups,
      Bias bias,
      PadMode paddingMode) {
    /** Checks the numbers. */
    public Options {
      Lines.atLeast("Conv1d", "the stride", 1, stride);
      Lines.atLeast("Conv1d", "the padding", 0, padding);
      Lines.atLeast("Conv1d", "the dilation", 1, dilation);
      Lines.atLeast("Conv1d", "the number of groups", 1, groups);
      given("Conv1d", "fit", fit);
      given("Conv1d", "bias", bias);
      given("Conv1d", "paddingMode", paddingMode);
      fit.checkStride("Conv1d", stride == 1, stride);
    }

    /** Returns these options with another stride. */
    public Options stride(long stride) {
      return new Options(stride, padding, fit, dilation, groups, bias, paddingMode);
    }

    /** Returns these options with another dilation. */
    public Options dilation(long dilation) {
      return new Options(stride, padding, fit, dilation, groups, bias, paddingMode);
    }

    /** Returns these options with the channels divided into groups. */
    public Options groups(int groups) {
      return new Options(stride, padding, fit, dilation, groups, bias, paddingMode);
    }

    /** Returns these options with or without a bias. */
    public Options bias(Bias bias) {
      return new Options(stride, padding, fit, dilation, groups, bias, paddingMode);
    }

    /** Returns these options with another padding. */
    public Options padding(long padding) {
      return new Options(
          stride, padding, Conv2d.Padding.NUMBERS, dilation, groups, bias, paddingMode);
    }

    /** Returns these options with padding that goes by the kernel. */
    public Options padding(Conv2d.Padding fit) {
      return new Options(stride, 0, fit, dilation, groups, bias, paddingMode);
    }

    /** Returns these options with padding that is made of what the input holds. */
    public Options paddingMode(PadMode paddingMode) {
      return new Options(stride, padding, fit, dilation, groups, bias, paddingMode);
    }

    /** These options for an input that has its border. */
    Options bordered() {
      return new Options(stride, 0, Conv2d.Padding.VALID, dilation, groups, bias, PadMode.CONSTANT);
    }

    /** The border that an input gets before it is convolved. */
    Border border() {
      return new Border(paddingMode, fit, List.of(padding), List.of(dilation));
    }

    /** The same for images of one row. */
    Conv2d.Options overRows() {
      return new Conv2d.Options(
          fit == Conv2d.Padding.SAME ? Pair.of(1) : new Pair(1, stride),
          new Pair(0, padding),
          fit,
          new Pair(1, dilation),
          groups,
          bias,
          PadMode.CONSTANT);
    }
  }

  /** Returns PyTorch's defaults: stride 1, no padding, dilation 1, one group, a bias. */
  public static Options options() {
    return new Options(1, 0, Conv2d.Padding.NUMBERS, 1, 1, Bias.LEARNED, PadMode.CONSTANT);
  }

  /** Makes a layer with the defaults. */
  public Conv1d(long inChannels, long outChannels, long kernel) {
    this(inChannels, outChannels, kernel, options());
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if the kernel is empty, a number of channels is negative, or
   *     the groups do not divide the channels
   */
  public Conv1d(long inChannels, long outChannels, long kernel, Options options) {
    super(
        form(inChannels, outChannels, kernel, options),
        new Slides(
            Tuples.of(options.stride),
            Slides.padding(options.fit, Tuples.of(options.padding)),
            Tuples.of(options.dilation),
            List.of()),
        options.bias);
    this.options = options;
  }

  private static Form form(long in, long out, long kernel, Options options) {
    int groups = given("Conv1d", "options", options).groups;
    Lines.atLeast("Conv1d", "the kernel", 1, kernel);
    return new Form(Way.FORTH, in, out, groups, Tuples.of(kernel)).checked("Conv1d");
  }

  @Override
  Tensor convolved(Tensor x, Tensor weight, @Nullable Tensor bias) {
    return Functional.conv1d(x, weight, bias, options);
  }

  @Override
  Border border() {
    return options.border();
  }
}
