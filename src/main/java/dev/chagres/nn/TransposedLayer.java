package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What transposed convolutions have beside others: results of a wanted size. */
abstract sealed class TransposedLayer extends ConvolutionLayer
    permits ConvTranspose1d, ConvTranspose2d, ConvTranspose3d {
  private final Steps steps;
  private final List<Long> kernel;

  /** How the kernels slide along each dimension. */
  record Steps(
      List<Long> stride, List<Long> padding, List<Long> outputPadding, List<Long> dilation) {
    private Slides slides() {
      String text = Slides.padding(Conv2d.Padding.NUMBERS, padding);
      return new Slides(stride, text, dilation, outputPadding);
    }
  }

  TransposedLayer(Form form, Steps steps, Bias bias) {
    super(form, steps.slides(), bias);
    this.steps = steps;
    this.kernel = form.kernel();
  }

  /** Computes the layer with so much added behind each dimension. */
  abstract Tensor convolved(
      Tensor x, Tensor weight, @Nullable Tensor bias, List<Long> outputPadding);

  @Override
  final Tensor convolved(Tensor x, Tensor weight, @Nullable Tensor bias) {
    return convolved(x, weight, bias, steps.outputPadding);
  }

  /**
   * Runs the layer and its hooks for a result of a wanted size: with a stride above 1 a convolution
   * makes the input of results of several sizes. It counts in the place of the options' padding of
   * the output.
   *
   * @param outputSize the sizes of the result's dimensions but the batch and the channels, or of
   *     all of them, of which these do not count: {@code call(x, image.shape())} has the size that
   *     the image had
   * @throws IllegalArgumentException if no result has this size
   */
  public final Tensor call(Tensor x, Shape outputSize) {
    given(name(), "input", x);
    given(name(), "outputSize", outputSize);
    return call(List.of(x), inputs -> sized(inputs, outputSize));
  }

  private Tensor sized(List<Tensor> inputs, Shape outputSize) {
    Checks.inputs(this, 1, "one input", inputs);
    Tensor x = inputs.getFirst();
    return convolved(x, weight(), bias().orElse(null), missing(x, outputSize));
  }

  /** How much is added to the least result, so that it has the wanted size. */
  private List<Long> missing(Tensor x, Shape outputSize) {
    int dims = kernel.size();
    List<Long> wanted = Checks.lastSizes(name(), x, outputSize, dims);
    List<Long> least = new ArrayList<>();
    List<Long> most = new ArrayList<>();
    List<Long> missing = new ArrayList<>();
    for (int i = 0; i < dims; i++) {
      long windows = Math.multiplyExact(x.size(i - dims) - 1, steps.stride.get(i));
      long window = Math.multiplyExact(steps.dilation.get(i), kernel.get(i) - 1) + 1;
      long size = Math.addExact(windows, window) - 2 * steps.padding.get(i);
      least.add(size);
      most.add(size + steps.stride.get(i) - 1);
      missing.add(wanted.get(i) - size);
    }
    for (int i = 0; i < dims; i++) {
      if (missing.get(i) < 0 || wanted.get(i) > most.get(i)) {
        throw new IllegalArgumentException(
            name()
                + ": results of "
                + x.shape()
                + " have sizes from "
                + Tuples.text(least)
                + " to "
                + Tuples.text(most)
                + ", not "
                + Tuples.text(wanted));
      }
    }
    return missing;
  }
}
