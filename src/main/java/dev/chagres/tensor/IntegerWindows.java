package dev.chagres.tensor;

import dev.chagres.backend.Window;
import dev.chagres.core.Shape;

/**
 * Convolutions and pooling of integers, composed of windows that overlap in memory: they have no
 * gradients, and no kernels of their own.
 */
final class IntegerWindows {
  private IntegerWindows() {}

  static Tensor conv2d(Tensor x, Tensor weight, Window window, Shape results, int groups) {
    long images = x.size(0);
    long channels = weight.size(1);
    long depth = channels * window.kernelHeight() * window.kernelWidth();
    long places = results.size(2) * results.size(3);
    // (n, g, c, h, w, kh, kw) to a row of all that a kernel meets for each place.
    Tensor rows =
        windows(x, window, results, 0)
            .unflatten(1, groups, channels)
            .permute(0, 1, 3, 4, 2, 5, 6)
            .reshape(images, groups, places, depth);
    Tensor kernels = weight.reshape(groups, weight.size(0) / groups, depth);
    return kernels.matmul(rows.mT()).reshape(results);
  }

  static Located maxPool2d(Tensor x, Window window, Shape results) {
    long least = Scalars.least(x.dtype());
    Located found = windows(x, window, results, least).flatten(4).max(4);
    Tensor at = found.indices();
    Tensor row = at.floorDivide(window.kernelWidth()).mul(window.dilationHeight());
    Tensor column = at.remainder(window.kernelWidth()).mul(window.dilationWidth());
    Tensor top =
        Creation.positions(x.device(), Shape.of(results.size(2)))
            .mul(window.strideHeight())
            .sub(window.paddingHeight())
            .unsqueeze(1);
    Tensor left =
        Creation.positions(x.device(), Shape.of(results.size(3)))
            .mul(window.strideWidth())
            .sub(window.paddingWidth());
    return new Located(found.values(), row.add(top).mul(x.size(3)).add(column).add(left));
  }

  /** Returns all windows (n, c, h, w, kh, kw) of images with a number around them. */
  private static Tensor windows(Tensor x, Window window, Shape results, long around) {
    long reachHeight = window.dilationHeight() * (window.kernelHeight() - 1) + 1;
    long reachWidth = window.dilationWidth() * (window.kernelWidth() - 1) + 1;
    long top = window.paddingHeight();
    long left = window.paddingWidth();
    long height =
        Math.max(x.size(2) + top, (results.size(2) - 1) * window.strideHeight() + reachHeight);
    long width =
        Math.max(x.size(3) + left, (results.size(3) - 1) * window.strideWidth() + reachWidth);
    Shape shape = Creation.shape("conv2d", x.size(0), x.size(1), height, width);
    Tensor padded = Creation.full(x.device(), shape, around, x.dtype());
    padded.narrow(2, top, x.size(2)).narrow(3, left, x.size(3)).copy_(x);
    return padded
        .unfold(2, reachHeight, window.strideHeight())
        .unfold(3, reachWidth, window.strideWidth())
        .narrow(2, 0, results.size(2))
        .narrow(3, 0, results.size(3))
        .slice(4, 0, reachHeight, window.dilationHeight())
        .slice(5, 0, reachWidth, window.dilationWidth());
  }
}
