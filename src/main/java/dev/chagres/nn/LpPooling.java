package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.core.Triple;
import dev.chagres.tensor.Tensor;
import java.util.function.UnaryOperator;

/** Norms of windows, composed of their means and their greatest elements. */
final class LpPooling {
  private LpPooling() {}

  static Tensor one(Tensor x, double normType, long kernel, long stride, Rounding rounding) {
    given("lpPool1d", "input", x);
    given("lpPool1d", "rounding", rounding);
    var means = AvgPool1d.options(kernel).stride(stride).rounding(rounding);
    var maxima = MaxPool1d.options(kernel).stride(stride).rounding(rounding);
    return norms(
        x,
        normType,
        (double) kernel,
        y -> Functional.avgPool1d(y, kernel, means),
        y -> Functional.maxPool1d(y, kernel, maxima));
  }

  static Tensor two(Tensor x, double normType, Pair kernel, Pair stride, Rounding rounding) {
    given("lpPool2d", "input", x);
    given("lpPool2d", "stride", stride);
    given("lpPool2d", "rounding", rounding);
    var means =
        AvgPool2d.options(given("lpPool2d", "kernel", kernel)).stride(stride).rounding(rounding);
    var maxima = MaxPool2d.options(kernel).stride(stride).rounding(rounding);
    return norms(
        x,
        normType,
        (double) kernel.height() * kernel.width(),
        y -> Functional.avgPool2d(y, kernel, means),
        y -> Functional.maxPool2d(y, kernel, maxima));
  }

  static Tensor three(Tensor x, double normType, Triple kernel, Triple stride, Rounding rounding) {
    given("lpPool3d", "input", x);
    given("lpPool3d", "stride", stride);
    given("lpPool3d", "rounding", rounding);
    var means =
        AvgPool3d.options(given("lpPool3d", "kernel", kernel)).stride(stride).rounding(rounding);
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
