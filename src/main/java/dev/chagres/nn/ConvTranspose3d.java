package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Triple;
import dev.chagres.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way back of a convolution: from volumes (n, in, d, h, w) to what a convolution with the same
 * numbers would make them of, by learned kernels (in, out / groups, kd, kh, kw), plus a bias (out).
 * Sizes are those of {@link ConvTranspose2d}.
 */
public final class ConvTranspose3d extends TransposedLayer {
  private final Options options;

  /**
   * How the kernels slide.
   *
   * @param stride the distance of two windows in the result
   * @param padding what is cut off on each side of the result
   * @param outputPadding what is added behind, below and on the right, less than the stride or the
   *     dilation
   * @param dilation the distance of two elements of a window
   * @param groups into how many independent parts the channels are divided
   * @param bias whether one is added
   */
  public record Options(
      Triple stride, Triple padding, Triple outputPadding, Triple dilation, int groups, Bias bias) {
    /** Checks the numbers. */
    public Options {
      given("ConvTranspose3d", "bias", bias);
      given("ConvTranspose3d", "the output's padding", outputPadding);
      given("ConvTranspose3d", "the dilation", dilation);
      Volumes.checkWindow("ConvTranspose3d", "the stride", stride);
      Volumes.checkPadding("ConvTranspose3d", "the padding", padding);
      Volumes.checkPadding("ConvTranspose3d", "the output's padding", outputPadding);
      Volumes.checkWindow("ConvTranspose3d", "the dilation", dilation);
      Lines.atLeast("ConvTranspose3d", "the number of groups", 1, groups);
    }

    /** Checks what is about several numbers, which are given one after the other. */
    Options checked(String name) {
      inPlanes().checked(name);
      ConvTranspose2d.Options.requireBelow(
          name, outputPadding.depth(), stride.depth(), dilation.depth());
      return this;
    }

    /** Returns these options with another stride. */
    public Options stride(Triple stride) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }

    /** Returns these options with another stride. */
    public Options stride(long stride) {
      return stride(Triple.of(stride));
    }

    /** Returns these options with another padding. */
    public Options padding(Triple padding) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }

    /** Returns these options with another padding. */
    public Options padding(long padding) {
      return padding(Triple.of(padding));
    }

    /** Returns these options with another padding of the output. */
    public Options outputPadding(Triple outputPadding) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }

    /** Returns these options with another padding of the output. */
    public Options outputPadding(long outputPadding) {
      return outputPadding(Triple.of(outputPadding));
    }

    /** Returns these options with another dilation. */
    public Options dilation(Triple dilation) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }

    /** Returns these options with another dilation. */
    public Options dilation(long dilation) {
      return dilation(Triple.of(dilation));
    }

    /** Returns these options with the channels divided into groups. */
    public Options groups(int groups) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }

    /** Returns these options with or without a bias. */
    public Options bias(Bias bias) {
      return new Options(stride, padding, outputPadding, dilation, groups, bias);
    }

    /** How the kernels slide in planes. */
    ConvTranspose2d.Options inPlanes() {
      return new ConvTranspose2d.Options(
          stride.plane(),
          padding.plane(),
          outputPadding.plane(),
          dilation.plane(),
          groups,
          Bias.NONE);
    }
  }

  /** Returns PyTorch's defaults: stride 1, no padding, dilation 1, one group, a bias. */
  public static Options options() {
    return new Options(Triple.of(1), Triple.of(0), Triple.of(0), Triple.of(1), 1, Bias.LEARNED);
  }

  /** Makes a layer with cubic kernels and the defaults. */
  public ConvTranspose3d(long inChannels, long outChannels, long kernel) {
    this(inChannels, outChannels, kernel, options());
  }

  /** Makes a layer with cubic kernels. */
  public ConvTranspose3d(long inChannels, long outChannels, long kernel, Options options) {
    this(inChannels, outChannels, Triple.of(kernel), options);
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if the kernel is empty, a number of channels is negative, the
   *     groups do not divide the channels, or the output's padding is neither below the stride nor
   *     below the dilation
   */
  public ConvTranspose3d(long inChannels, long outChannels, Triple kernel, Options options) {
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

  private static Form form(long in, long out, Triple kernel, Options options) {
    int groups = given("ConvTranspose3d", "options", options).checked("ConvTranspose3d").groups;
    Volumes.checkWindow("ConvTranspose3d", "the kernel", kernel);
    return new Form(Way.BACK, in, out, groups, Tuples.of(kernel)).checked("ConvTranspose3d");
  }

  @Override
  Tensor convolved(Tensor x, Tensor weight, @Nullable Tensor bias, List<Long> outputPadding) {
    var added = new Triple(outputPadding.get(0), outputPadding.get(1), outputPadding.get(2));
    return Functional.convTranspose3d(x, weight, bias, options.outputPadding(added));
  }
}
