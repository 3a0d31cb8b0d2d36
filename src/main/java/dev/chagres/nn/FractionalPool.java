package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;
import java.util.List;

/** What pooling of windows at places that are drawn has in common. */
abstract sealed class FractionalPool extends Module
    permits FractionalMaxPool2d, FractionalMaxPool3d {
  private final List<Long> kernel;
  private final FractionalMaxPool2d.Options options;

  FractionalPool(List<Long> kernel, FractionalMaxPool2d.Options options) {
    Tuples.check(name(), "the kernel", 1, kernel);
    this.kernel = kernel;
    this.options = given(name(), "options", options);
  }

  @Override
  public final Tensor forward(Tensor x) {
    String name = "fractionalMaxPool" + kernel.size() + "d";
    return FractionalPooling.maxima(name, x, kernel, options).values();
  }
}
