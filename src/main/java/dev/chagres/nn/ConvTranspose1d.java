package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The way back of a convolution: from sequences (n, in, length) to what a convolution with the same
 * numbers would make them of, by learned kernels (in, out / groups, k), plus a bias (out). A size
 * of the result is {@code (size - 1) stride - 2 padding + dilation (kernel - 1) + output padding +
 * 1}.
 */
public final class ConvTranspose1d extends Module {
  private final long inChannels;
  private final long outChannels;
  private final long kernel;
  private final Options options;
  private final Parameter weight;
  private final @Nullable Parameter bias;

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
    int groups = given("ConvTranspose1d", "options", options).overRows().checked().groups();
    Lines.atLeast("ConvTranspose1d", "the kernel", 1, kernel);
    Lines.checkChannels("ConvTranspose1d", inChannels, outChannels, groups);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernel = kernel;
    this.options = options;
    this.weight =
        registerParameter("weight", Tensor.empty(inChannels, outChannels / groups, kernel));
    this.bias =
        options.bias == Bias.NONE ? null : registerParameter("bias", Tensor.empty(outChannels));
    Init.defaults_(weight);
    if (bias != null) {
      Init.defaultBias_(bias, weight);
    }
  }

  /** Returns the kernels (in, out / groups, k). */
  public Parameter weight() {
    return weight;
  }

  /** Returns the bias (out), if there is one. */
  public Optional<Parameter> bias() {
    return Optional.ofNullable(bias);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.convTranspose1d(x, weight, bias, options);
  }

  @Override
  protected String extraRepr() {
    StringBuilder out = new StringBuilder();
    out.append(inChannels).append(", ").append(outChannels);
    out.append(", kernel_size=").append("(").append(kernel).append(",)");
    out.append(", stride=").append("(").append(options.stride).append(",)");
    if (options.padding != 0) {
      out.append(", padding=").append("(").append(options.padding).append(",)");
    }
    if (options.dilation != 1) {
      out.append(", dilation=").append("(").append(options.dilation).append(",)");
    }
    if (options.outputPadding != 0) {
      out.append(", output_padding=").append("(").append(options.outputPadding).append(",)");
    }
    if (options.groups != 1) {
      out.append(", groups=").append(options.groups);
    }
    return out.append(bias == null ? ", bias=False" : "").toString();
  }
}
