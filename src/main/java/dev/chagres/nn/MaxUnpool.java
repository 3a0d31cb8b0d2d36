package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** What unpooling has in common: it takes two inputs, and prints its windows. */
abstract sealed class MaxUnpool extends Module permits MaxUnpool1d, MaxUnpool2d, MaxUnpool3d {
  private final List<Long> kernel;
  private final List<Long> stride;
  private final List<Long> padding;

  MaxUnpool(List<Long> kernel, List<Long> stride, List<Long> padding) {
    Tuples.check(name(), "the kernel", 1, kernel);
    Tuples.check(name(), "the stride", 1, stride);
    Tuples.check(name(), "the padding", 0, padding);
    this.kernel = kernel;
    this.stride = stride;
    this.padding = padding;
  }

  @Override
  public final Tensor forward(Tensor... inputs) {
    Checks.inputs(this, 2, "an input and positions", inputs);
    Checks.dims(name(), inputs[0], kernel.size());
    return unpooled(inputs[0], inputs[1], usual(inputs[0]));
  }

  /**
   * Runs the layer and its hooks for a result of a wanted size: pooling makes the input of results
   * of several sizes.
   *
   * @param indices where the elements lie, of the shape of {@code x}
   * @param outputSize the sizes of the result's dimensions but the batch and the channels, or of
   *     all of them, of which these do not count: {@code call(x, indices, image.shape())} has the
   *     size that the image had
   * @throws IllegalArgumentException if a size differs by the stride or more from the one without
   *     it, or the shapes differ
   * @throws IndexOutOfBoundsException if a position is none of the result; on a GPU when the
   *     program next waits for it
   */
  public final Tensor call(Tensor x, Tensor indices, Shape outputSize) {
    given(name(), "input", x);
    given(name(), "indices", indices);
    given(name(), "outputSize", outputSize);
    return call(List.of(x, indices), inputs -> sized(inputs, outputSize));
  }

  private Tensor sized(List<Tensor> inputs, Shape outputSize) {
    Checks.inputs(this, 2, "an input and positions", inputs.toArray(new Tensor[0]));
    Tensor x = inputs.getFirst();
    List<Long> wanted = Checks.lastSizes(name(), x, outputSize, kernel.size());
    List<Long> usual = usual(x);
    for (int i = 0; i < kernel.size(); i++) {
      if (Math.abs(wanted.get(i) - usual.get(i)) >= stride.get(i)) {
        throw new IllegalArgumentException(
            name()
                + ": a result "
                + Tuples.text(wanted)
                + " of "
                + x.shape()
                + " differs from "
                + Tuples.text(usual)
                + " by the stride "
                + Tuples.text(stride)
                + " or more");
      }
    }
    return unpooled(x, inputs.get(1), wanted);
  }

  /** The sizes that the input of the pooling may have had. */
  private List<Long> usual(Tensor x) {
    int dims = kernel.size();
    List<Long> sizes = new ArrayList<>();
    for (int i = 0; i < dims; i++) {
      sizes.add((x.size(i - dims) - 1) * stride.get(i) + kernel.get(i) - 2 * padding.get(i));
    }
    return sizes;
  }

  private Tensor unpooled(Tensor x, Tensor indices, List<Long> sizes) {
    long[] all = sizes.stream().mapToLong(Long::longValue).toArray();
    return Unpooling.unpool("maxUnpool" + all.length + "d", x, indices, all);
  }

  @Override
  protected final String extraRepr() {
    return Pooling.means(Tuples.text(kernel), Tuples.text(stride), Tuples.text(padding));
  }
}
