package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.tensor.Tensor;

/** The windows of images (n, c, h, w) as columns (n, c kh kw, windows). */
public final class Unfold extends Module {
  private final Pair kernel;
  private final Options options;

  /**
   * How the windows slide.
   *
   * @param dilation the distance of two elements of a window
   * @param padding rows and columns of zeros on each side
   * @param stride the distance of two windows
   */
  public record Options(Pair dilation, Pair padding, Pair stride) {
    /** Checks the numbers. */
    public Options {
      Images.checkWindow("Unfold", "the dilation", dilation);
      Images.checkPadding("Unfold", "the padding", padding);
      Images.checkWindow("Unfold", "the stride", stride);
    }

    /** Returns these options with another dilation. */
    public Options dilation(Pair dilation) {
      return new Options(dilation, padding, stride);
    }

    /** Returns these options with another dilation. */
    public Options dilation(long dilation) {
      return dilation(Pair.of(dilation));
    }

    /** Returns these options with another padding. */
    public Options padding(Pair padding) {
      return new Options(dilation, padding, stride);
    }

    /** Returns these options with another padding. */
    public Options padding(long padding) {
      return padding(Pair.of(padding));
    }

    /** Returns these options with another stride. */
    public Options stride(Pair stride) {
      return new Options(dilation, padding, stride);
    }

    /** Returns these options with another stride. */
    public Options stride(long stride) {
      return stride(Pair.of(stride));
    }
  }

  /** Returns PyTorch's defaults: dilation 1, no padding, stride 1. */
  public static Options options() {
    return new Options(Pair.of(1), Pair.of(0), Pair.of(1));
  }

  /** Makes a layer with square windows and the defaults. */
  public Unfold(long kernel) {
    this(Pair.of(kernel), options());
  }

  /** Makes a layer. */
  public Unfold(Pair kernel, Options options) {
    Images.checkWindow("Unfold", "the kernel", kernel);
    this.kernel = kernel;
    this.options = given("Unfold", "options", options);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.unfold(x, kernel, options);
  }

  @Override
  protected String extraRepr() {
    return "kernel_size=" + kernel.shortest() + text(options);
  }

  static String text(Options options) {
    return ", dilation="
        + options.dilation.shortest()
        + ", padding="
        + options.padding.shortest()
        + ", stride="
        + options.stride.shortest();
  }
}
