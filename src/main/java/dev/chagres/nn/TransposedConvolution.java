package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Sliding;
import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** The way back of a convolution, with a bias. */
final class TransposedConvolution {
  private TransposedConvolution() {}

  static Tensor two(
      Tensor x, Tensor weight, @Nullable Tensor bias, ConvTranspose2d.Options options) {
    String name = "convTranspose2d";
    given(name, "input", x);
    given(name, "weight", weight);
    given(name, "options", options).checked(name);
    if (x.dim() == 3) {
      return two(x.unsqueeze(0), weight, bias, options).squeeze(0);
    }
    Pair more = options.outputPadding();
    Pair stride = options.stride();
    // What a whole step more would reach is what a row of zeros more reaches.
    Tensor images =
        x.dim() == 4
            ? Images.lengthened(x, more.height() / stride.height(), more.width() / stride.width())
            : x;
    Pair rest = new Pair(more.height() % stride.height(), more.width() % stride.width());
    var sliding = new Sliding(stride, options.padding(), options.dilation());
    Tensor y =
        x.dtype().isFloating()
            ? Primitives.of(x).convTranspose2d(images, weight, sliding, rest, options.groups())
            : ofIntegers(images, weight, rest, options);
    if (bias == null) {
      return y;
    }
    if (bias.dim() != 1 || bias.size(0) != y.size(1)) {
      throw new IllegalArgumentException(
          name + ": a bias " + bias.shape() + " for " + y.size(1) + " channels");
    }
    Tensor level = Primitives.of(x).autocast(AutocastFunction.CONV2D, bias);
    if (level.dtype() != y.dtype()) {
      throw new IllegalArgumentException(
          name + ": a bias of " + level.dtype() + " for images of " + y.dtype());
    }
    return y.add(level.reshape(-1, 1, 1));
  }

  /** Integers have no kernel: their products are the windows of the result. */
  private static Tensor ofIntegers(
      Tensor x, Tensor weight, Pair rest, ConvTranspose2d.Options options) {
    long groups = options.groups();
    if (x.dim() != 4 || weight.dim() != 4 || x.size(1) != weight.size(0) || groups < 1) {
      throw new IllegalArgumentException(
          "convTranspose2d: needs images (n, in, h, w) and kernels (in, out / groups, kh, kw), not "
              + x.shape()
              + " and "
              + weight.shape());
    }
    Pair kernel = new Pair(weight.size(2), weight.size(3));
    Tensor pixels = x.flatten(2).unflatten(1, groups, x.size(1) / groups);
    Tensor kernels = weight.flatten(1).unflatten(0, groups, x.size(1) / groups).mT();
    Pair stride = options.stride();
    Pair padding = options.padding();
    Pair dilation = options.dilation();
    Pair size =
        new Pair(
            (x.size(2) - 1) * stride.height()
                + dilation.height() * (kernel.height() - 1)
                - 2 * padding.height()
                + rest.height()
                + 1,
            (x.size(3) - 1) * stride.width()
                + dilation.width() * (kernel.width() - 1)
                - 2 * padding.width()
                + rest.width()
                + 1);
    Tensor columns = kernels.matmul(pixels).flatten(1, 2);
    return Rearrangement.fold(columns, size, kernel, new Unfold.Options(dilation, padding, stride));
  }
}
