package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.primitive.Sliding;
import dev.chagres.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The cross-correlation of images (n, in, h, w) with learned kernels (out, in / groups, kh, kw),
 * plus a bias (out). A size of the result is {@code (size + 2 padding - dilation (kernel - 1) - 1)
 * / stride + 1}, rounded down. Both are first drawn uniformly from ±{@code 1 / sqrt(in / groups *
 * kh * kw)}, the kernels first.
 */
public final class Conv2d extends ConvolutionLayer {
  private final Options options;

  /** What says how many zeros are around the images. */
  public enum Padding {
    /** The numbers of the options. */
    NUMBERS,
    /** There are none. */
    VALID,
    /**
     * As many as make the result as large as the images, an odd one below and on the right; the
     * stride is 1.
     */
    SAME;

    void checkStride(String name, boolean isOne, Object stride) {
      if (this == SAME && !isOne) {
        throw new IllegalArgumentException(
            name + ": padding to the same size needs the stride 1, not " + stride);
      }
    }
  }

  /**
   * How the kernels slide.
   *
   * @param stride the distance of two windows
   * @param padding rows and columns of zeros on each side
   * @param fit whether these numbers count
   * @param dilation the distance of two elements of a window
   * @param groups into how many independent parts the channels are divided
   * @param bias whether one is added
   * @param paddingMode what padding is made of, in the place of zeros
   */
  public record Options(
      Pair stride,
      Pair padding,
      Padding fit,
      Pair dilation,
      int groups,
      Bias bias,
      PadMode paddingMode) {
    /** Checks the numbers. */
    public Options {
      Images.checkWindow("Conv2d", "the stride", stride);
      Images.checkPadding("Conv2d", "the padding", padding);
      Images.checkWindow("Conv2d", "the dilation", dilation);
      given("Conv2d", "fit", fit);
      given("Conv2d", "bias", bias);
      given("Conv2d", "paddingMode", paddingMode);
      fit.checkStride("Conv2d", stride.is(1), stride);
      if (groups < 1) {
        throw new IllegalArgumentException("Conv2d: " + groups + " groups are less than 1");
      }
    }

    /** Returns these options with another stride. */
    public Options stride(long stride) {
      return stride(Pair.of(stride));
    }

    /** Returns these options with another stride. */
    public Options stride(Pair stride) {
      return new Options(stride, padding, fit, dilation, groups, bias, paddingMode);
    }

    /** Returns these options with another padding. */
    public Options padding(long padding) {
      return padding(Pair.of(padding));
    }

    /** Returns these options with another padding. */
    public Options padding(Pair padding) {
      return new Options(stride, padding, Padding.NUMBERS, dilation, groups, bias, paddingMode);
    }

    /** Returns these options with padding that goes by the kernel. */
    public Options padding(Padding fit) {
      return new Options(stride, Pair.of(0), fit, dilation, groups, bias, paddingMode);
    }

    /** Returns these options with another dilation. */
    public Options dilation(long dilation) {
      return dilation(Pair.of(dilation));
    }

    /** Returns these options with another dilation. */
    public Options dilation(Pair dilation) {
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

    /** Returns these options with padding that is made of what the input holds. */
    public Options paddingMode(PadMode paddingMode) {
      return new Options(stride, padding, fit, dilation, groups, bias, paddingMode);
    }

    /** These options for an input that has its border. */
    Options bordered() {
      return new Options(
          stride, Pair.of(0), Padding.VALID, dilation, groups, bias, PadMode.CONSTANT);
    }

    /** The border that an input gets before it is convolved. */
    Border border() {
      return new Border(paddingMode, fit, Tuples.of(padding), Tuples.of(dilation));
    }

    /** How a kernel slides; of what is padded to the same size by half of what it needs. */
    Sliding sliding(Tensor weight) {
      Pair around =
          fit == Padding.SAME && weight.dim() == 4
              ? new Pair(added(weight, 2) / 2, added(weight, 3) / 2)
              : padding;
      return new Sliding(stride, around, dilation);
    }

    /** What is below and on the right of images that are padded to the same size, or 0. */
    Pair odd(Tensor weight) {
      return fit == Padding.SAME && weight.dim() == 4
          ? new Pair(added(weight, 2) % 2, added(weight, 3) % 2)
          : Pair.of(0);
    }

    private long added(Tensor weight, int dim) {
      long distance = dim == 2 ? dilation.height() : dilation.width();
      return Math.max(0, Math.multiplyExact(distance, weight.size(dim) - 1));
    }
  }

  /** Returns PyTorch's defaults: stride 1, no padding, dilation 1, one group, a bias. */
  public static Options options() {
    return new Options(
        Pair.of(1), Pair.of(0), Padding.NUMBERS, Pair.of(1), 1, Bias.LEARNED, PadMode.CONSTANT);
  }

  /** Makes a layer with square kernels and the defaults. */
  public Conv2d(long inChannels, long outChannels, long kernel) {
    this(inChannels, outChannels, kernel, options());
  }

  /** Makes a layer with square kernels. */
  public Conv2d(long inChannels, long outChannels, long kernel, Options options) {
    this(inChannels, outChannels, Pair.of(kernel), options);
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if the kernel is empty, a number of channels is negative, or
   *     the groups do not divide the channels
   */
  public Conv2d(long inChannels, long outChannels, Pair kernel, Options options) {
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

  private static Form form(long in, long out, Pair kernel, Options options) {
    int groups = given("Conv2d", "options", options).groups;
    Images.checkWindow("Conv2d", "the kernel", kernel);
    return new Form(Way.FORTH, in, out, groups, Tuples.of(kernel)).checked("Conv2d");
  }

  @Override
  Tensor convolved(Tensor x, Tensor weight, @Nullable Tensor bias) {
    return Functional.conv2d(x, weight, bias, options);
  }

  @Override
  Border border() {
    return options.border();
  }
}
