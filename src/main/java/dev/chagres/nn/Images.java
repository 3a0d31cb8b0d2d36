package dev.chagres.nn;

import dev.chagres.core.Pair;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Primitives;
import dev.chagres.tensor.Tensor;

/** What is composed for images (n, c, h, w) or (c, h, w). */
final class Images {
  private Images() {}

  /** A mean over windows is a convolution of each channel with equal weights. */
  static Tensor avgPool2d(Tensor x, Pair kernel, AvgPool2d.Options options) {
    if (x.dim() != 3 && x.dim() != 4) {
      throw new IllegalArgumentException(
          "avgPool2d: needs images (n, c, h, w) or (c, h, w), not " + x.shape());
    }
    int channels = Math.toIntExact(x.size(-3));
    Shape shape = Shape.of(channels, 1, kernel.height(), kernel.width());
    Tensor mean =
        Tensor.full(shape, 1.0 / (kernel.height() * kernel.width()), x.dtype()).to(x.device());
    var sliding = new Primitives.Sliding(options.stride(), options.padding(), Pair.of(1));
    return Primitives.conv2d(x, mean, null, sliding, channels);
  }
}
