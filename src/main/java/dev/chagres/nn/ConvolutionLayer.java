package dev.chagres.nn;

import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** What all convolutions have: kernels and a bias, and the text that they print as. */
abstract sealed class ConvolutionLayer extends Module
    permits Conv1d, Conv2d, Conv3d, TransposedLayer {
  private final Form form;
  private final Slides slides;
  private final Parameter weight;
  private final @Nullable Parameter bias;

  /** Which way a convolution goes. */
  enum Way {
    FORTH,
    BACK
  }

  /** How the kernels slide along each dimension, and the text of their padding. */
  record Slides(List<Long> stride, String padding, List<Long> dilation, List<Long> outputPadding) {
    /** The text of padding that may go by the kernel. */
    static String padding(Conv2d.Padding fit, List<Long> padding) {
      return fit == Conv2d.Padding.NUMBERS
          ? unless(0, padding)
          : fit.name().toLowerCase(Locale.ROOT);
    }
  }

  /** The sizes of a layer. */
  record Form(Way way, long in, long out, int groups, List<Long> kernel) {
    /** Checks the channels. */
    Form checked(String name) {
      Lines.checkChannels(name, in, out, groups);
      return this;
    }

    private long[] weights() {
      LongStream channels =
          way == Way.FORTH ? LongStream.of(out, in / groups) : LongStream.of(in, out / groups);
      return LongStream.concat(channels, kernel.stream().mapToLong(Long::longValue)).toArray();
    }
  }

  ConvolutionLayer(Form form, Slides slides, Bias bias) {
    this.form = form;
    this.slides = slides;
    this.weight = registerParameter("weight", Tensor.empty(form.weights()));
    this.bias = bias == Bias.NONE ? null : registerParameter("bias", Tensor.empty(form.out));
    Init.defaults_(weight);
    if (this.bias != null) {
      Init.defaultBias_(this.bias, weight);
    }
  }

  /**
   * Returns the kernels: (out, in / groups, …) of a convolution, (in, out / groups, …) of a
   * transposed one, with a size for each dimension.
   */
  public final Parameter weight() {
    return weight;
  }

  /** Returns the bias (out), if there is one. */
  public final Optional<Parameter> bias() {
    return Optional.ofNullable(bias);
  }

  /** What is around an input. */
  Border border() {
    return new Border(PadMode.CONSTANT, Conv2d.Padding.NUMBERS, List.of(), List.of());
  }

  /** Computes the layer with a bias or null. */
  abstract Tensor convolved(Tensor x, Tensor weight, @Nullable Tensor bias);

  @Override
  public final Tensor forward(Tensor x) {
    return convolved(x, weight, bias);
  }

  @Override
  protected final String extraRepr() {
    return form.in
        + ", "
        + form.out
        + ", kernel_size="
        + Tuples.text(form.kernel)
        + ", stride="
        + Tuples.text(slides.stride)
        + part("padding", slides.padding)
        + part("dilation", unless(1, slides.dilation))
        + part("output_padding", unless(0, slides.outputPadding))
        + (form.groups == 1 ? "" : ", groups=" + form.groups)
        + (bias == null ? ", bias=False" : "")
        + border().text();
  }

  private static String part(String name, String text) {
    return text.isEmpty() ? "" : ", " + name + "=" + text;
  }

  private static String unless(long usual, List<Long> numbers) {
    return numbers.stream().allMatch(n -> n == usual) ? "" : Tuples.text(numbers);
  }
}
