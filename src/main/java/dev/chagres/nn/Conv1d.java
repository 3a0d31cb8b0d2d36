package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The cross-correlation of sequences (n, in, length) with learned kernels (out, in / groups, k),
 * plus a bias (out): {@link Conv2d} over one dimension.
 */
public final class Conv1d extends Module {
  private final long inChannels;
  private final long outChannels;
  private final long kernel;
  private final Options options;
  private final Parameter weight;
  private final @Nullable Parameter bias;

  /**
   * How the kernels slide.
   *
   * @param stride the distance of two windows
   * @param padding how many zeros are on each side
   * @param fit whether this number counts
   * @param dilation the distance of two elements of a window
   * @param groups into how many independent parts the channels are divided
   * @param bias whether one is added
   */
  public record Options(
      long stride, long padding, Conv2d.Padding fit, long dilation, int groups, Bias bias) {
    /** Checks the numbers. */
    public Options {
      Lines.atLeast("Conv1d", "the stride", 1, stride);
      Lines.atLeast("Conv1d", "the padding", 0, padding);
      Lines.atLeast("Conv1d", "the dilation", 1, dilation);
      Lines.atLeast("Conv1d", "the number of groups", 1, groups);
      given("Conv1d", "fit", fit);
      given("Conv1d", "bias", bias);
      if (fit == Conv2d.Padding.SAME && stride != 1) {
        throw new IllegalArgumentException(
            "Conv1d: padding to the same size needs the stride 1, not " + stride);
      }
    }

    /** Returns these options with another stride. */
    public Options stride(long stride) {
      return new Options(stride, padding, fit, dilation, groups, bias);
    }

    /** Returns these options with another dilation. */
    public Options dilation(long dilation) {
      return new Options(stride, padding, fit, dilation, groups, bias);
    }

    /** Returns these options with the channels divided into groups. */
    public Options groups(int groups) {
      return new Options(stride, padding, fit, dilation, groups, bias);
    }

    /** Returns these options with or without a bias. */
    public Options bias(Bias bias) {
      return new Options(stride, padding, fit, dilation, groups, bias);
    }

    /** Returns these options with another padding. */
    public Options padding(long padding) {
      return new Options(stride, padding, Conv2d.Padding.NUMBERS, dilation, groups, bias);
    }

    /** Returns these options with padding that goes by the kernel. */
    public Options padding(Conv2d.Padding fit) {
      return new Options(stride, 0, fit, dilation, groups, bias);
    }

    /** The same for images of one row. */
    Conv2d.Options overRows() {
      return new Conv2d.Options(
          fit == Conv2d.Padding.SAME ? Pair.of(1) : new Pair(1, stride),
          new Pair(0, padding),
          fit, new Pair(1, dilation), groups, bias);
    }
  }

  /** Returns PyTorch's defaults: stride 1, no padding, dilation 1, one group, a bias. */
  public static Options options() {
    return new Options(1, 0, Conv2d.Padding.NUMBERS, 1, 1, Bias.LEARNED);
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
    int groups = given("Conv1d", "options", options).groups;
    Lines.atLeast("Conv1d", "the kernel", 1, kernel);
    Lines.checkChannels("Conv1d", inChannels, outChannels, groups);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernel = kernel;
    this.options = options;
    this.weight =
        registerParameter("weight", Tensor.empty(outChannels, inChannels / groups, kernel));
    this.bias =
        options.bias == Bias.NONE ? null : registerParameter("bias", Tensor.empty(outChannels));
    Init.defaults_(weight);
    if (bias != null) {
      Init.defaultBias_(bias, weight);
    }
  }

  /** Returns the kernels (out, in / groups, k). */
  public Parameter weight() {
    return weight;
  }

  /** Returns the bias (out), if there is one. */
  public Optional<Parameter> bias() {
    return Optional.ofNullable(bias);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.conv1d(x, weight, bias, options);
  }

  @Override
  protected String extraRepr() {
    StringBuilder out = new StringBuilder();
    out.append(inChannels).append(", ").append(outChannels);
    out.append(", kernel_size=(").append(kernel);
    out.append(",), stride=(").append(options.stride).append(",)");
    if (options.fit != Conv2d.Padding.NUMBERS) {
      out.append(", padding=").append(options.fit.name().toLowerCase(Locale.ROOT));
    } else if (options.padding != 0) {
      out.append(", padding=(").append(options.padding).append(",)");
    }
    if (options.dilation != 1) {
      out.append(", dilation=(").append(options.dilation).append(",)");
    }
    if (options.groups != 1) {
      out.append(", groups=").append(options.groups);
    }
    return out.append(bias == null ? ", bias=False" : "").toString();
  }
}
