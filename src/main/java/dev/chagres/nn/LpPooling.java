package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.core.Triple;
import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;

/** Norms of windows, composed of their means and their greatest elements. */
final class LpPooling {
  private LpPooling() {}

  static void check(String name, List<Long> kernel, List<Long> stride) {
    Tuples.check(name, "the kernel", 1, kernel);
    Tuples.check(name, "the stride", 1, stride);
  }

  /** Takes norms along the last dimensions, for each of which there is a number. */
  static Tensor norms(
      Tensor x, double normType, List<Long> kernel, List<Long> stride, Rounding rounding) {
    int dims = kernel.size();
    String name = "lpPool" + dims + "d";
    given(name, "input", x);
    var ends = new PoolingSide.Ends(given(name, "rounding", rounding), AvgPool2d.Padding.COUNTED);
    check(name, kernel, stride);
    Checks.dims(name, x, dims);
    for (int i = 0; i < dims; i++) {
      long size = x.size(i - dims);
      // As in PyTorch, only of volumes no window begins within and ends outside of a side.
      if (new PoolingSide(size, kernel.get(i), stride.get(i), 0, ends).windows() < 1
          || dims == 3 && kernel.get(i) > size) {
        throw new IllegalArgumentException(
            name + ": the kernel " + Tuples.text(kernel) + " is larger than an input " + x.shape());
      }
    }
    return switch (dims) {
      case 1 -> {
        var kernels = new Pair(1, kernel.getFirst());
        var strides = new Pair(1, stride.getFirst());
        yield inPlanes(x.unsqueeze(-2), normType, kernels, strides, rounding).squeeze(-2);
      }
      case 2 -> inPlanes(x, normType, Tuples.pair(kernel), Tuples.pair(stride), rounding);
      default -> inVolumes(x, normType, Tuples.triple(kernel), Tuples.triple(stride), rounding);
    };
  }

  private static Tensor inPlanes(
      Tensor x, double normType, Pair kernel, Pair stride, Rounding rounding) {
    var means = AvgPool2d.options(kernel).stride(stride).rounding(rounding);
    var maxima = MaxPool2d.options(kernel).stride(stride).rounding(rounding);
    return norms(
        x,
        normType,
        (double) kernel.height() * kernel.width(),
        y -> Functional.avgPool2d(y, kernel, means),
        y -> Functional.maxPool2d(y, kernel, maxima));
  }

  private static Tensor inVolumes(
      Tensor x, double normType, Triple kernel, Triple stride, Rounding rounding) {
    var means = AvgPool3d.options(kernel).stride(stride).rounding(rounding);
    var maxima = MaxPool3d.options(kernel).stride(stride).rounding(rounding);
    return norms(
        x,
        normType,
        (double) kernel.depth() * kernel.height() * kernel.width(),
        y -> Functional.avgPool3d(y, kernel, means),
        y -> Functional.maxPool3d(y, kernel, maxima));
  }

  private static Tensor norms(
      Tensor x,
      double normType,
      double count,
      UnaryOperator<Tensor> means,
      UnaryOperator<Tensor> maxima) {
    if (Double.isInfinite(normType)) {
      return normType > 0 ? maxima.apply(x.abs()) : maxima.apply(x.abs().neg()).neg();
    }
    // As in PyTorch, whose odd powers keep their signs until the root, which is NaN then.
    Tensor mean = means.apply(x.pow(normType));
    return mean.sign().mul(mean.abs().relu()).mul(count).pow(1 / normType);
  }
}
