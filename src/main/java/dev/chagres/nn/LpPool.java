package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Rounding;
import dev.chagres.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What pooling to norms has in common: its windows, and that it prints them. */
abstract sealed class LpPool extends Pooling permits LPPool1d, LPPool2d, LPPool3d {
  private final double normType;
  private final List<Long> kernel;
  private final @Nullable List<Long> stride;
  private final Rounding rounding;

  LpPool(double normType, List<Long> kernel, @Nullable List<Long> stride, Rounding rounding) {
    this.rounding = given(name(), "rounding", rounding);
    LpPooling.check(name(), kernel, stride == null ? kernel : stride);
    this.normType = normType;
    this.kernel = kernel;
    this.stride = stride;
  }

  @Override
  public final Tensor forward(Tensor x) {
    return LpPooling.norms(x, normType, kernel, stride == null ? kernel : stride, rounding);
  }

  @Override
  protected final String extraRepr() {
    return norms(
        normType,
        Tuples.shortest(kernel),
        stride == null ? null : Tuples.shortest(stride),
        rounding);
  }
}
