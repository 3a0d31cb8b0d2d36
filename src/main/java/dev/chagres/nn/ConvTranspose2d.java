package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way back of a convolution: from images (n, in, h, w) to what a convolution with the same
 * numbers would make them of, by learned kernels (in, out / groups, kh, kw), plus a bias (out). A
 * size of the result is {@code (size - 1) stride - 2 padding + dilation (kernel - 1) + output
 * padding + 1}.
 */
public final class ConvTranspose2d extends TransposedLayer {
  private final Options options;

  /**
   * How the kernels slide.
   *
   * @param stride the distance of two windows in the result
   * @param padding what is cut off on each side of the result
   * @param outputPadding what is added below and on the right, less than the stride or the dilation
   * @param dilation the distance of two elements of a window
   * @param groups into how many independent parts the channels are divided
   * @param bias whether one is added
   */
  public record Options(
      Pair stride, Pair padding, Pair outputPadding, Pair dilation, int groups, Bias bias) {
    /** Checks the numbers. */
    public Options {
      given("ConvTranspose2d", "bias", bias);
      Images.checkWindow("ConvTranspose2d", "the stride", stride);
      Images.checkPadding("ConvTranspose2d", "the padding", padding);
      Images.checkPadding("ConvTranspose2d", "the output's padding", outputPadding);
      Images.checkWindow("ConvTranspose2d", "the dilation", dilation);
      Lines.atLeast("ConvTranspose2d", "the number of groups", 1, groups);
    }

    /** Checks what is about several numbers, which are given one after the other. */
    Options checked(String name) {
      requireBelow(name, outputPadding.height(), stride.height(), dilation.height());
      requireBelow(name, outputPadding.width(), stride.width(), dilation.width());
      return this;
    }

    static void requireBelow(String name, long outputPadding, long stride, long dilation) {
      if (outputPadding >= stride && outputPadding >= dilation) {
        throw new IllegalArgumentException(
            name
                + ": the output's padding "
                + outputPadding
                + " is neither below the stride "
                + stride
                + " nor below the dilation "
                + dilation);
      }
    }

    /** Returns these options with another stride. */
    public Options stride(Pair stride) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }

    /** Returns these options with another stride. */
    public Options stride(long stride) {
      return stride(Pair.of(stride));
    }

    /** Returns these options with another padding. */
    public Options padding(Pair padding) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }

    /** Returns these options with another padding. */
    public Options padding(long padding) {
      return padding(Pair.of(padding));
    }

    /** Returns these options with another padding of the output. */
    public Options outputPadding(Pair outputPadding) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }

    /** Returns these options with another padding of the output. */
    public Options outputPadding(long outputPadding) {
      return outputPadding(Pair.of(outputPadding));
    }

    /** Returns these options with another dilation. */
    public Options dilation(Pair dilation) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }

    /** Returns these options with another dilation. */
    public Options dilation(long dilation) {
      return dilation(Pair.of(dilation));
    }

    /** Returns these options with the channels divided into groups. */
    public Options groups(int groups) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }

    /** Returns these options with or without a bias. */
    public Options bias(Bias bias) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }
  }

  /** Returns PyTorch's defaults: stride 1, no padding, dilation 1, one group, a bias. */
  public static Options options() {
    return new Options(Pair.of(1), Pair.of(0), Pair.of(0), Pair.of(1), 1, Bias.LEARNED);
  }

  /** Makes a layer with square kernels and the defaults. */
  public ConvTranspose2d(long inChannels, long outChannels, long kernel) {
    this(inChannels, outChannels, kernel, options());
  }

  /** Makes a layer with square kernels. */
  public ConvTranspose2d(long inChannels, long outChannels, long kernel, Options options) {
    this(inChannels, outChannels, Pair.of(kernel), options);
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if the kernel is empty, a number of channels is negative, the
   *     groups do not divide the channels, or the output's padding is neither below the stride nor
   *     below the dilation
   */
  public ConvTranspose2d(long inChannels, long outChannels, Pair kernel, Options options) {
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

  private static Form form(long in, long out, Pair kernel, Options options) {
    int groups = given("ConvTranspose2d", "options", options).checked("ConvTranspose2d").groups;
    Images.checkWindow("ConvTranspose2d", "the kernel", kernel);
    return new Form(Way.BACK, in, out, groups, Tuples.of(kernel)).checked("ConvTranspose2d");
  }

  @Override
  Tensor convolved(Tensor x, Tensor weight, @Nullable Tensor bias, List<Long> outputPadding) {
    var added = new Pair(outputPadding.get(0), outputPadding.get(1));
    return Functional.convTranspose2d(x, weight, bias, options.outputPadding(added));
  }
}
