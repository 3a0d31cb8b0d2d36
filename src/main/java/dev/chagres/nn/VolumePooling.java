package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.core.Triple;
import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Sliding;
import dev.chagres.tensor.Located;
import dev.chagres.tensor.Tensor;
import java.util.List;

/** Pooling of volumes (n, c, d, h, w): of all planes first, then along the depth. */
final class VolumePooling {
  private VolumePooling() {}

  private static void check(String name, Tensor x, Triple kernel, Triple padding) {
    if (x.dim() != 4 && x.dim() != 5) {
      throw new IllegalArgumentException(
          name + ": needs volumes (n, c, d, h, w) or (c, d, h, w), not " + x.shape());
    }
    for (int dim = -4; dim < 0; dim++) {
      if (x.size(dim) == 0) {
        throw new IllegalArgumentException(
            name + ": only the batch of an input " + x.shape() + " may be empty");
      }
    }
    Volumes.checkWindow(name, "the kernel", kernel);
    Volumes.requireAtMostHalf(name, padding, kernel);
  }

  private static void checkFits(String name, Tensor x, Triple kernel, MaxPool3d.Options options) {
    List<Long> kernels = Tuples.of(kernel);
    List<Long> strides = Tuples.of(options.stride());
    List<Long> paddings = Tuples.of(options.padding());
    List<Long> dilations = Tuples.of(options.dilation());
    var ends = new PoolingSide.Ends(options.rounding(), AvgPool2d.Padding.COUNTED);
    for (int i = 0; i < 3; i++) {
      long reach = Math.addExact(Math.multiplyExact(dilations.get(i), kernels.get(i) - 1), 1);
      var side = new PoolingSide(x.size(i - 3), reach, strides.get(i), paddings.get(i), ends);
      if (side.windows() < 1) {
        throw new IllegalArgumentException(
            name + ": the kernel " + kernel + " is larger than the padded volumes " + x.shape());
      }
    }
  }

  /** Returns values, and their positions in volumes row by row, plane by plane. */
  static Located maxima(String name, Tensor x, Triple kernel, MaxPool3d.Options options) {
    given(name, "input", x);
    given(name, "kernel", kernel);
    Triple padding = given(name, "options", options).padding();
    check(name, x, kernel, padding);
    if (x.dtype() == DType.BOOL) {
      throw new IllegalArgumentException(name + ": not defined for " + x.dtype());
    }
    if (x.dim() == 4) {
      Located batch = maxima(name, x.unsqueeze(0), kernel, options);
      return new Located(batch.values().squeeze(0), batch.indices().squeeze(0));
    }
    checkFits(name, x, kernel, options);
    var inPlanes =
        new Sliding(options.stride().plane(), padding.plane(), options.dilation().plane());
    var inDepth =
        new Sliding(
            new Pair(options.stride().depth(), 1),
            new Pair(padding.depth(), 0),
            new Pair(options.dilation().depth(), 1));
    Primitives<Tensor> primitives = Primitives.of(x);
    var planes =
        primitives.maxPool2d(x.flatten(1, 2), kernel.plane(), inPlanes, options.rounding());
    long plane = planes.values().size(2) * planes.values().size(3);
    Tensor rows = planes.values().unflatten(1, x.size(1), x.size(2)).flatten(3);
    Pair along = new Pair(kernel.depth(), 1);
    var found = primitives.maxPool2d(rows, along, inDepth, options.rounding());
    long[] sizes = {
      x.size(0), x.size(1), found.values().size(2), planes.values().size(2), planes.values().size(3)
    };
    Tensor inPlane = planes.positions().unflatten(1, x.size(1), x.size(2)).flatten(2);
    return new Located(
        found.values().reshape(sizes),
        joined(inPlane, found.positions().flatten(2), plane, x.size(3) * x.size(4)).reshape(sizes));
  }

  /**
   * Returns positions in volumes.
   *
   * @param inPlane of the greatest elements of windows, in their planes
   * @param chosen which of these were chosen
   * @param windows how many a plane has
   * @param pixels how many a plane has
   */
  static Tensor joined(Tensor inPlane, Tensor chosen, long windows, long pixels) {
    Tensor met = chosen.clampMin(0);
    Tensor place = inPlane.gather(-1, met);
    Tensor all = met.floorDivide(windows).mul(pixels).add(place);
    return all.maskedFill(chosen.lt(0).logicalOr(place.lt(0)), -1);
  }

  static Tensor means(Tensor x, Triple kernel, AvgPool3d.Options options) {
    String name = "avgPool3d";
    given(name, "input", x);
    given(name, "kernel", kernel);
    Triple padding = given(name, "options", options).padding();
    check(name, x, kernel, padding);
    Checks.averaged(name, x);
    if (kernel.depth() - 2 * padding.depth() > x.size(-3)
        || kernel.height() - 2 * padding.height() > x.size(-2)
        || kernel.width() - 2 * padding.width() > x.size(-1)) {
      throw new IllegalArgumentException(
          name + ": the kernel " + kernel + " is larger than the padded volumes " + x.shape());
    }
    var ends = new PoolingSide.Ends(options.rounding(), options.counting());
    Triple stride = options.stride();
    var depth = new PoolingSide(x.size(-3), kernel.depth(), stride.depth(), padding.depth(), ends);
    var height =
        new PoolingSide(x.size(-2), kernel.height(), stride.height(), padding.height(), ends);
    var width = new PoolingSide(x.size(-1), kernel.width(), stride.width(), padding.width(), ends);
    Tensor planes = Checks.widened(x).flatten(0, -3).unsqueeze(1);
    Tensor inPlanes =
        sums(
            Images.lengthened(planes, height.beyond(), width.beyond()),
            kernel.plane(),
            new Sliding(stride.plane(), padding.plane(), Pair.of(1)));
    Tensor rows =
        inPlanes.reshape(
            planes.size(0) / x.size(-3), 1, x.size(-3), inPlanes.size(2) * inPlanes.size(3));
    Tensor all =
        sums(
            Images.lengthened(rows, depth.beyond(), 0),
            new Pair(kernel.depth(), 1),
            new Sliding(new Pair(stride.depth(), 1), new Pair(padding.depth(), 0), Pair.of(1)));
    long[] sizes = x.shape().toArray();
    sizes[sizes.length - 3] = all.size(2);
    sizes[sizes.length - 2] = inPlanes.size(2);
    sizes[sizes.length - 1] = inPlanes.size(3);
    return PoolingSide.means(all.reshape(sizes), options.divisor(), depth, height, width)
        .to(x.dtype());
  }

  /** The sum over windows is a convolution with ones. */
  private static Tensor sums(Tensor x, Pair kernel, Sliding sliding) {
    Tensor ones = x.newOnes(1, 1, kernel.height(), kernel.width());
    return Primitives.of(x).conv2d(x, ones, null, sliding, 1);
  }
}
