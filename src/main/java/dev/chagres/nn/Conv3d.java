package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Triple;
import dev.chagres.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The cross-correlation of volumes (n, in, d, h, w) with learned kernels (out, in / groups, kd, kh,
 * kw), plus a bias (out): {@link Conv2d} over three dimensions.
 */
public final class Conv3d extends ConvolutionLayer {
  private final Options options;

  /**
   * How the kernels slide.
   *
   * @param stride the distance of two windows
   * @param padding planes, rows and columns of zeros on each side
   * @param fit whether these numbers count
   * @param dilation the distance of two elements of a window
   * @param groups into how many independent parts the channels are divided
   * @param bias whether one is added
   * @param paddingMode what padding is made of, in the place of zeros
   */
  public record Options(
      Triple stride,
      Triple padding,
      Conv2d.Padding fit,
      Triple dilation,
      int groups,
      Bias bias,
      PadMode paddingMode) {
    /** Checks the numbers. */
    public Options {
      given("Conv3d", "fit", fit);
      given("Conv3d", "bias", bias);
      given("Conv3d", "the padding", padding);
      given("Conv3d", "the dilation", dilation);
      given("Conv3d", "paddingMode", paddingMode);
      Volumes.checkWindow("Conv3d", "the stride", stride);
      Volumes.checkPadding("Conv3d", "the padding", padding);
      Volumes.checkWindow("Conv3d", "the dilation", dilation);
      fit.checkStride("Conv3d", stride.is(1), stride);
      if (groups < 1) {
        throw new IllegalArgumentException("Conv3d: " + groups + " groups are less than 1");
      }
    }

    /** Returns these options with another stride. */
    public Options stride(long stride) {
      return stride(Triple.of(stride));
    }

    /** Returns these options with another stride. */
    public Options stride(Triple stride) {
      return new Options(stride, padding, fit, dilation, groups, bias, paddingMode);
    }

    /** Returns these options with another padding. */
    public Options padding(long padding) {
      return padding(Triple.of(padding));
    }

    /** Returns these options with another padding. */
    public Options padding(Triple padding) {
      return new Options(
          stride, padding, Conv2d.Padding.NUMBERS, dilation, groups, bias, paddingMode);
    }

    /** Returns these options with padding that goes by the kernel. */
    public Options padding(Conv2d.Padding fit) {
      return new Options(stride, Triple.of(0), fit, dilation, groups, bias, paddingMode);
    }

    /** Returns these options with another dilation. */
    public Options dilation(long dilation) {
      return dilation(Triple.of(dilation));
    }

    /** Returns these options with another dilation. */
    public Options dilation(Triple dilation) {
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
          stride, Triple.of(0), Conv2d.Padding.VALID, dilation, groups, bias, PadMode.CONSTANT);
    }

    /** The border that an input gets before it is convolved. */
    Border border() {
      return new Border(paddingMode, fit, Tuples.of(padding), Tuples.of(dilation));
    }

    /** How the kernels slide in planes. */
    Conv2d.Options inPlanes() {
      return new Conv2d.Options(
          stride.plane(), padding.plane(), fit, dilation.plane(), groups, bias, PadMode.CONSTANT);
    }
  }

  /** Returns PyTorch's defaults: stride 1, no padding, dilation 1, one group, a bias. */
  public static Options options() {
    return new Options(
        Triple.of(1),
        Triple.of(0),
        Conv2d.Padding.NUMBERS,
        Triple.of(1),
        1,
        Bias.LEARNED,
        PadMode.CONSTANT);
  }

  /** Makes a layer with cubic kernels and the defaults. */
  public Conv3d(long inChannels, long outChannels, long kernel) {
    this(inChannels, outChannels, kernel, options());
  }

  /** Makes a layer with cubic kernels. */
  public Conv3d(long inChannels, long outChannels, long kernel, Options options) {
    this(inChannels, outChannels, Triple.of(kernel), options);
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if the kernel is empty, a number of channels is negative, or
   *     the groups do not divide the channels
   */
  public Conv3d(long inChannels, long outChannels, Triple kernel, Options options) {
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

  private static Form form(long in, long out, Triple kernel, Options options) {
    int groups = given("Conv3d", "options", options).groups;
    Volumes.checkWindow("Conv3d", "the kernel", kernel);
    return new Form(Way.FORTH, in, out, groups, Tuples.of(kernel)).checked("Conv3d");
  }

  @Override
  Tensor convolved(Tensor x, Tensor weight, @Nullable Tensor bias) {
    return Functional.conv3d(x, weight, bias, options);
  }

  @Override
  Border border() {
    return options.border();
  }
}
